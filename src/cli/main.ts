import { Command, CommanderError } from 'commander';
import { findPackageRoot, isInstalled, packageVersion } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { secretValues } from '../config/secrets.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import type { Options as ExecuteWords } from './execute.ts';
import type { Options as VerifyWords } from './verify.ts';

/** Commands behind other doors: loaded when they are called, and handed in, since doors do not know each other. */
export interface OtherDoors {
  serve(): Promise<number>;
  mcp(): Promise<number>;
}

const clean = () => import('./clean.ts');
const doctor = () => import('./doctor.ts');
const escalations = () => import('./escalations.ts');
const init = () => import('./init.ts');
const follow = () => import('./follow.ts');
const logs = () => import('./logs.ts');
const look = () => import('./look.ts');
const mend = () => import('./mend.ts');
const service = () => import('./service.ts');
const start = () => import('./start.ts');
const status = () => import('./status.ts');
const tell = () => import('./tell.ts');

/** Runs one command line; gives the exit code. `args` are the words after the program's name. */
export async function main(args: readonly string[], doors: OtherDoors): Promise<number> {
  // A terminal that is closed, or a reader that has seen enough, as `head` has: no fault, and no reason for an agent to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let exitCode: number = ExitCode.done;
  const program = new Command('mendwatch')
    .description(
      'Watches a repository; when a save turns a test red, plans a fix, proves it and puts it into the working tree.',
    )
    .exitOverride()
    .showHelpAfterError('Run `mendwatch --help` for all commands.')
    .version(packageVersion(findPackageRoot()), '-V, --version', 'the version of Mendwatch')
    .helpOption('-h, --help', 'what can be said')
    .addHelpText('after', `\n${whereItIs()}`);
  const command = <Words extends unknown[]>(
    usage: string,
    description: string,
    run: (...words: Words) => Promise<number>,
  ) =>
    program
      .command(usage)
      .description(description)
      .action(async (...words) => {
        exitCode = await run(...(words as Words));
      });
  command(
    'init [folder]',
    'set Mendwatch up for the project here, or in this folder',
    later(init, (its) => its.runInit),
  )
    .option('-y, --yes', 'ask nothing and take what was found')
    .option('--json', 'as JSON, asking nothing');
  command(
    'start',
    'watch the project in the foreground until Ctrl-C',
    later(start, (its) => its.runStart),
  )
    .option('--plain', 'lines for people, also where the output is not a terminal and would be JSON')
    .option('--detach', 'in the background, as a process of its own')
    .option('--json', 'with --detach: what was started, as JSON');
  command(
    'service <what>',
    'the agent as a service of this user: install, uninstall, status',
    later(service, (its) => its.runService),
  )
    .option('--env <names>', 'with install: more variables of this environment to keep, with commas between')
    .option('--json', 'as JSON');
  command(
    'status',
    'what the agent is doing, from its state file',
    later(status, (its) => its.runStatus),
  )
    .option('--watch', 'keep showing it until q or Ctrl-C')
    .option('--check', 'for monitors: exit code 0 all well, 1 with a line for each thing that is not, 4 not running')
    .option('--json', 'as JSON');
  command(
    'logs',
    'the last lines of the log, for people',
    later(logs, (its) => its.runLogs),
  )
    .option('-n, --lines <number>', 'so many of them; 50 by default, or all that --since asks for')
    .option('--level <name>', 'these and worse ones: debug, info, warn, error')
    .option('--task <id>', 'of this task; the id may be shortened')
    .option('--since <time>', 'not older than this: 45s, 30m, 2h, 1d, or a date')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--json', 'the lines as they are in the file');
  command(
    'stop',
    'stop the agent; what is under way may come to its end',
    later(tell, (its) => its.runStop),
  )
    .option('--timeout <seconds>', 'wait for its end no longer than this', '60')
    .option('--force', 'end at once what is under way')
    .option('--json', 'as JSON');
  command(
    'pause',
    'take up no task until `resume`, also over restarts',
    later(tell, (its) => its.runPause),
  ).option('--json', 'as JSON');
  command(
    'resume',
    'go on after `pause` or `snooze`',
    later(tell, (its) => its.runResume),
  ).option('--json', 'as JSON');
  command(
    'snooze <time>',
    'begin no fix for this long: 45s, 30m, 2h, 1d',
    later(tell, (its) => its.runSnooze),
  ).option('--json', 'as JSON');
  command(
    'retry <id>',
    'try a task again that failed, was parked or waits',
    later(tell, (its) => its.runRetry),
  ).option('--json', 'as JSON');
  command(
    'cancel <id>',
    'end a task that waits or is being worked on',
    later(tell, (its) => its.runCancel),
  ).option('--json', 'as JSON');
  command(
    'tasks',
    'the tasks, newest last',
    later(look, (its) => its.runTasks),
  ).option('--json', 'as JSON');
  command(
    'show <id>',
    'one task with its attempts; the id may be shortened',
    later(look, (its) => its.runShow),
  )
    .option('--timing', 'where the time went')
    .option('--json', 'as JSON');
  command(
    'escalations',
    'what people were told, and what they have still to be told',
    later(escalations, (its) => its.runEscalations),
  ).option('--json', 'as JSON');
  command(
    'undo <id>',
    'take a landed fix back; its tests are then left alone',
    later(mend, (its) => its.runUndo),
  ).option('--json', 'as JSON');
  command(
    'apply <id>',
    'put a parked fix into the working tree',
    later(mend, (its) => its.runApply),
  ).option('--json', 'as JSON');
  command(
    'execute [task]',
    'give Claude one task, or a list of them one after another; the result is JSON',
    async (task: string | undefined, options: ExecuteWords) => (await import('./execute.ts')).runExecute(task, options),
  )
    .option('--list <file>', 'a JSON file with the tasks')
    .option('--resume', 'go on where the list stopped')
    .option('--keep-going', 'go on after a task that was not completed')
    .option('--timeout <seconds>', 'the longest that one task may take')
    .option('--tools <names>', 'what Claude may use, with commas between: Read,Edit,Write,Grep,Glob,NotebookEdit,Bash')
    .option('--model <name>', 'the model')
    .option('--max-cost <dollars>', 'the most that one task may cost')
    .option('--cwd <folder>', 'where Claude works, in place of PROJECT_ROOT')
    .option('--json', 'the result in one line, and what goes on as JSON, too');
  command(
    'verify <id>',
    'whether log, record and transcript of an execution agree',
    async (id: string, options: VerifyWords) => (await import('./verify.ts')).runVerify(id, options),
  )
    .option('--result <file>', 'compare this result as well; - is standard input')
    .option('--cwd <folder>', 'where it was run, in place of PROJECT_ROOT')
    .option('--json', 'as JSON');
  command(
    'doctor',
    'check everything that the agent needs, and say how to mend it',
    later(doctor, (its) => its.runDoctor),
  )
    .option(
      '--fix',
      'do what is safe: make folders, close files to others, add lines to .gitignore, remove a dead lock',
    )
    .option('--live', 'make one small call of Claude, which costs a little')
    .option('--contract', 'only compare Claude Code with how it behaved when this was built; takes about a minute')
    .option('--settings', 'list every setting, also those that have their default')
    .option('--json', 'as JSON');
  command(
    'clean',
    'say what is kept of this project, and remove its cache; with an option: other things',
    later(clean, (its) => its.runClean),
  )
    .option('--runs', 'the runs that nothing needs any more')
    .option('--older <time>', 'with --runs: only those older than this: 12h, 30d')
    .option('--all', 'cache, runs, logs and executions, but for what undo and parked fixes need')
    .option('--everything', 'all that Mendwatch has made for this project, the service included: uninstalls it')
    .option('--settings', 'with --everything: also the settings file')
    .option('--stale', 'caches of other projects that are gone or were not used for 60 days')
    .option('--force', 'with --all: also what undo and parked fixes need')
    .option('--dry-run', 'only say what would be removed')
    .option('-y, --yes', 'ask nothing')
    .option('--json', 'as JSON, asking nothing');
  command('serve', 'run commands for clients over WebSocket, in the foreground until Ctrl-C', doors.serve);
  command('mcp', 'serve an agent over standard input and output (Model Context Protocol)', doors.mcp);
  command(
    'events',
    'what the running agent does, as it does it, until Ctrl-C',
    later(follow, (its) => its.runEvents),
  ).option('--json', 'as JSON, one event a line');
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.configuration;
    return explain(error);
  }
}

/** A command that is loaded when it is called: one that only looks should not load the whole agent first. */
function later<Module, Words extends unknown[]>(
  load: () => Promise<Module>,
  pick: (module: Module) => (...words: Words) => Promise<number>,
): (...words: Words) => Promise<number> {
  return async (...words) => pick(await load())(...words);
}

/** A clone has no `mendwatch` on PATH, and messages call it so. */
function whereItIs(): string {
  const settings = (file: string): string => `Settings come from the environment and from ${file}`;
  if (isInstalled(findPackageRoot())) return `${settings('.env.mendwatch')}.`;
  return `In the clone, \`npm run -s automation -- COMMAND\` is \`mendwatch COMMAND\`.\n${settings('.env')}; .env.example explains each.`;
}

/** Says what went wrong. Only a bug shows a stack trace. */
export function explain(error: unknown): number {
  const { scrub } = createScrubber(secretValues(launchEnvironment()));
  if (error instanceof MendwatchError) {
    process.stderr.write(scrub(`${error.message}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}`));
    return error.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(scrub(`This is a bug in Mendwatch:\n${stack}\n`));
  return ExitCode.failed;
}
