import { styleText } from 'node:util';
import type { Command, HelpConfiguration } from 'commander';
import { findPackageRoot, isInstalled } from '../config/package-root.ts';
import { wrapped } from './wrap.ts';

const examples = [
  ['mendwatch init && mendwatch start', 'the first time'],
  ['mendwatch show 37f2', 'the task task_37f2f7e8'],
  ['mendwatch logs --since 2h --level warn', 'what went wrong lately'],
] as const;

/** Help in the voice of the rest. Commander takes the styles away where the output shows none. */
export const helpStyle: HelpConfiguration = { styleTitle: bold, minWidthToWrap: 12 };

/** All commands on one screen, in their groups. */
export function overview(program: Command): string {
  const groups = Map.groupBy(
    program
      .createHelp()
      .visibleCommands(program)
      .filter((command) => command.helpGroup() !== ''),
    (command) => command.helpGroup(),
  );
  const width = Math.max(...[...groups.values()].flat().map((command) => termOf(command).length));
  const rows = [...groups].flatMap(([heading, commands]) => [
    bold(heading),
    ...commands.map((command) =>
      broken(`  ${termOf(command).padEnd(width)}  ${command.summary() || command.description()}`, width + 4),
    ),
  ]);
  const wide = Math.max(...examples.map(([words]) => words.length));
  return [
    `${bold('Usage:')} mendwatch COMMAND [options]`,
    broken(program.description()),
    '',
    ...rows,
    '',
    bold('Examples'),
    ...examples.map(([words, does]) => broken(`  ${words.padEnd(wide)}  ${does}`, 6)),
    '',
    broken('`mendwatch COMMAND --help` says more; ids may be shortened; --version (-V).'),
    broken(whereItIs()),
    '',
  ].join('\n');
}

/** What is said below the help of one command. */
export function exampleText(lines: readonly string[]): string {
  return `\n${bold('Examples:')}\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  return [command.name(), ...words].join(' ');
}

/** A clone has no `mendwatch` on PATH, and messages call it so. */
function whereItIs(): string {
  return isInstalled(findPackageRoot())
    ? 'Settings: the environment and .env.mendwatch in the project.'
    : 'In the clone `mendwatch` is `npm run -s automation --`; settings are in .env.';
}

function broken(line: string, hang?: number): string {
  return wrapped(line, process.stdout, hang);
}

function bold(text: string): string {
  return styleText('bold', text, { validateStream: false });
}
