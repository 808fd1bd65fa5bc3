import { Command, CommanderError } from 'commander';
import { findPackageRoot, packageVersion } from '../config/package-root.ts';
import { ExitCode } from '../errors.ts';
import { addAgent } from './commands-agent.ts';
import { addExecutor, addUpkeep } from './commands-other.ts';
import { addTasks } from './commands-tasks.ts';
import type { Add, OtherDoors } from './entry.ts';
import { exampleText, helpStyle, overview } from './help.ts';
import { usageError } from './usage-error.ts';

const title = 'Mends the tests that a save turns red: plans a fix, proves it, lands it.';

/** Gives the exit code. */
export async function runProgram(args: readonly string[], doors: OtherDoors): Promise<number> {
  let exitCode: number = ExitCode.done;
  const program = buildProgram(doors, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and the version were asked for; without a command help is what is told.
    return error.exitCode === 0 ? ExitCode.done : ExitCode.configuration;
  }
}

/** The whole command line. `onEnd` hears the exit code of the command that was run. */
export function buildProgram(doors: OtherDoors, onEnd: (exitCode: number) => void): Command {
  const program = new Command('mendwatch')
    .description(title)
    .version(packageVersion(findPackageRoot()), '-V, --version', 'the version of Mendwatch')
    .helpOption('-h, --help', 'what can be said')
    .configureHelp(helpStyle)
    // What it has to say of errors is said by `explain`, in our words.
    .configureOutput({ outputError: () => undefined });
  speakOfErrors(program);
  const add: Add = (usage, entry, run) => {
    const { summary, about = summary, words = {}, options = [], examples = [] } = entry;
    const [name = '', ...args] = usage.split(' ');
    const command = program.command(name).summary(summary).description(about);
    for (const word of args) command.argument(word, words[word.slice(1, -1)] ?? '');
    for (const [flags, does, otherwise] of options) command.option(flags, does, otherwise);
    if (examples.length > 0) command.addHelpText('after', exampleText(examples));
    command.action(async (...given) => onEnd(await run(...(given as Parameters<typeof run>))));
    speakOfErrors(command);
  };
  const words = { command: 'a command; without it all of them' };
  add('help [command]', { summary: 'what can be said', words }, (name: string | undefined) => tellHelp(program, name));
  program.commandsGroup('Agent');
  addAgent(add);
  program.commandsGroup('Tasks');
  addTasks(add);
  program.commandsGroup('Executor');
  addExecutor(add, doors);
  program.commandsGroup('Upkeep');
  addUpkeep(add, program);
  return program.configureHelp({ formatHelp: () => overview(program) });
}

/** Commander's own says nothing of a command that is not there. */
async function tellHelp(program: Command, name: string | undefined): Promise<number> {
  const command = program.commands.find((each) => each.name() === name);
  // It refuses the word as it would without `help`.
  if (name !== undefined && command === undefined) await program.parseAsync([name], { from: 'user' });
  (command ?? program).outputHelp();
  return ExitCode.done;
}

function speakOfErrors(command: Command): void {
  command.exitOverride((error) => {
    throw /^commander\.(help|version)/.test(error.code) ? error : usageError(error, command);
  });
}
