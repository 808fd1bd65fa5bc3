import type { Command, CommanderError, Option } from 'commander';
import { ExitCode, MendwatchError } from '../errors.ts';

/** A command line that cannot be understood. What it says is the person's own words: nothing in it is secret. */
export class UsageError extends MendwatchError {
  override readonly name = 'UsageError';

  constructor(message: string, remedy: string) {
    super(message, { exitCode: ExitCode.configuration, remedy });
  }
}

/** The same in our words, with what was expected. @param command where it was found */
export function usageError({ code, message }: CommanderError, command: Command): UsageError {
  const [said = '', hint = ''] = message.replace(/^error: /, '').split('\n');
  const [, word = ''] = /'(.*)'/.exec(said) ?? [];
  const [, meant] = /Did you mean (.*)\?/.exec(hint) ?? [];
  const name = command.name();
  const help = `\`${command.parent === null ? '' : 'mendwatch '}${name} --help\``;
  const perhaps = meant === undefined ? '.' : `; did you mean ${meant}?`;
  switch (code) {
    case 'commander.unknownCommand':
      return new UsageError(`There is no command ${word}${perhaps}`, `${help} lists them.`);
    case 'commander.unknownOption':
      if (command.parent === null) {
        return new UsageError(
          `There is no option ${word} before a command${perhaps}`,
          'Options of a command come after it, as in `mendwatch status --json`.',
        );
      }
      return new UsageError(`\`${name}\` has no option ${word}${perhaps}`, `${help} lists them.`);
    case 'commander.missingArgument':
      return new UsageError(`${name}: expected ${argumentOf(command, word)}.`, remedyFor(command, word, help));
    case 'commander.optionMissingArgument':
      return new UsageError(`${name}: expected a value after ${optionOf(command, word)}.`, `${help} says which.`);
    case 'commander.excessArguments':
      return new UsageError(
        `${name}: too many words (${command.args.join(', ')}): expected ${expectedWords(command)}.`,
        `${help} says more. A text with spaces needs quotes.`,
      );
    default:
      return new UsageError(`${name}: ${said}.`, `${help} says more.`);
  }
}

function argumentOf({ registeredArguments }: Command, name: string): string {
  const described = registeredArguments.find((argument) => argument.name() === name)?.description;
  return described === undefined || described === '' ? `<${name}>` : described;
}

function remedyFor({ parent }: Command, name: string, help: string): string {
  return name === 'id' && parent !== null ? '`mendwatch tasks` lists them.' : `${help} says more.`;
}

/** Commander quotes all its forms: `-n, --lines <number>`. */
function optionOf({ options }: Command, flags: string): string {
  const found: Option | undefined = options.find((option) => option.flags === flags);
  return found === undefined ? flags : (found.long ?? found.flags);
}

function expectedWords({ registeredArguments }: Command): string {
  if (registeredArguments.length === 0) return 'none';
  return registeredArguments
    .map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))
    .join(' ');
}
