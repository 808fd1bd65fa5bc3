import { Command, CommanderError } from 'commander';
import { findPackageRoot, isInstalled, packageVersion } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { secretValues } from '../config/secrets.ts';
import { ExitCode, MendwatchError } from '../errors.ts';
import { createScrubber } from '../secrets/scrubber.ts';
import { runEscalations } from './escalations.ts';
import type { Options as ExecuteWords } from './execute.ts';
import { runEvents } from './follow.ts';
import { runShow, runStatus, runTasks } from './look.ts';
import { runApply, runUndo } from './mend.ts';
import { runStart } from './start.ts';
import { runCancel, runPause, runResume, runRetry, runSnooze, runStop } from './tell.ts';
import type { Options as VerifyWords } from './verify.ts';

/** Commands behind other doors: loaded when they are called, and handed in, since doors do not know each other. */
export interface OtherDoors {
  serve(): Promise<number>;
  mcp(): Promise<number>;
}

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
  command('start', 'watch the project in the foreground until Ctrl-C', runStart);
  command('status', 'what the agent is doing, from its state file', runStatus).option('--json', 'as JSON');
  command('stop', 'stop the agent; what is under way may come to its end', runStop)
    .option('--timeout <seconds>', 'wait for its end no longer than this', '60')
    .option('--force', 'end at once what is under way')
    .option('--json', 'as JSON');
  command('pause', 'take up no task until `resume`, also over restarts', runPause).option('--json', 'as JSON');
  command('resume', 'go on after `pause` or `snooze`', runResume).option('--json', 'as JSON');
  command('snooze <time>', 'begin no fix for this long: 45s, 30m, 2h, 1d', runSnooze).option('--json', 'as JSON');
  command('retry <id>', 'try a task again that failed, was parked or waits', runRetry).option('--json', 'as JSON');
  command('cancel <id>', 'end a task that waits or is being worked on', runCancel).option('--json', 'as JSON');
  command('tasks', 'the tasks, newest last', runTasks).option('--json', 'as JSON');
  command('show <id>', 'one task with its attempts; the id may be shortened', runShow)
    .option('--timing', 'where the time went')
    .option('--json', 'as JSON');
  command('escalations', 'what people were told, and what they have still to be told', runEscalations).option(
    '--json',
    'as JSON',
  );
  command('undo <id>', 'take a landed fix back; its tests are then left alone', runUndo).option('--json', 'as JSON');
  command('apply <id>', 'put a parked fix into the working tree', runApply).option('--json', 'as JSON');
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
  command('serve', 'run commands for clients over WebSocket, in the foreground until Ctrl-C', doors.serve);
  command('mcp', 'serve an agent over standard input and output (Model Context Protocol)', doors.mcp);
  command('events', 'what the running agent does, as it does it, until Ctrl-C', runEvents).option(
    '--json',
    'as JSON, one event a line',
  );
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.configuration;
    return explain(error);
  }
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
