import { Command, CommanderError } from 'commander';
import { ExitCode, MendwatchError } from '../errors.ts';
import { runShow, runStatus, runTasks } from './look.ts';
import { runApply, runUndo } from './mend.ts';
import { runStart } from './start.ts';

/** Runs one command line; gives the exit code. `args` are the words after the program's name. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = ExitCode.done;
  const program = new Command('mendwatch')
    .description(
      'Watches a repository; when a save turns a test red, plans a fix, proves it and puts it into the working tree.',
    )
    .exitOverride()
    .showHelpAfterError('Run `mendwatch --help` for all commands.')
    .addHelpText('after', '\nSettings come from the environment and from .env; .env.example explains each.');
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
  command('tasks', 'the tasks, newest last', runTasks).option('--json', 'as JSON');
  command('show <id>', 'one task with its attempts; the id may be shortened', runShow).option('--json', 'as JSON');
  command('undo <id>', 'take a landed fix back; its tests are then left alone', runUndo).option('--json', 'as JSON');
  command('apply <id>', 'put a parked fix into the working tree', runApply).option('--json', 'as JSON');
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.configuration;
    return explain(error);
  }
}

/** Says what went wrong. Only a bug shows a stack trace. */
export function explain(error: unknown): number {
  if (error instanceof MendwatchError) {
    process.stderr.write(`${error.message}\n${error.remedy === undefined ? '' : `${error.remedy}\n`}`);
    return error.exitCode;
  }
  process.stderr.write(
    `This is a bug in Mendwatch:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return ExitCode.failed;
}
