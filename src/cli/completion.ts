import type { Command } from 'commander';
import { logLevels } from '../agent/log-entry.ts';
import type { CompletedCommand, CompletedOption, Values } from './completed.ts';
import { bashScript, fishScript, zshScript } from './completion-scripts.ts';
import { schemaNames } from './schemas/schemas.ts';
import { wrong } from './wrong.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
const help: CompletedOption = { flags: ['-h', '--help'], does: 'what can be said', value: undefined };

/** `completion`: a script for the shell, which knows the commands and asks for ids alone. */
export async function runCompletion(shell: string, program: Command): Promise<number> {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell as keyof typeof scripts] : undefined;
  if (script === undefined) throw wrong(`completion ${shell}: expected bash, zsh or fish.`);
  process.stdout.write(script(completedCommands(program)));
  return 0;
}

function completedCommands(program: Command): readonly CompletedCommand[] {
  return program
    .createHelp()
    .visibleCommands(program)
    .map((command) => ({
      name: command.name(),
      does: command.summary() || command.description(),
      options: [...command.options.map((option) => optionOf(command.name(), option)), help],
      argument: command.registeredArguments
        .slice(0, 1)
        .map((argument) => valuesOf(command.name(), argument.name(), program))[0],
    }));
}

function optionOf(command: string, option: Command['options'][number]): CompletedOption {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined && flag !== null);
  const value = option.required || option.optional ? valuesOf(command, option.long ?? option.flags) : undefined;
  return { flags, does: option.description, value };
}

function valuesOf(command: string, name: string, program?: Command): Values {
  if (command === 'help') return program?.commands.map((each) => each.name()) ?? 'anything';
  if (name === 'id' || name === '--task') return 'ids';
  const known: Readonly<Record<string, Values>> = {
    'init folder': 'folders',
    'service what': ['install', 'uninstall', 'status'],
    'completion shell': Object.keys(scripts),
    'schema name': schemaNames,
    'logs --level': logLevels,
    'execute --list': 'files',
    'execute --cwd': 'folders',
    'verify --result': 'files',
    'verify --cwd': 'folders',
  };
  return known[`${command} ${name}`] ?? 'anything';
}
