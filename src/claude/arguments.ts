import { realpathSync } from 'node:fs';
import type { ClaudeSpec } from './types.ts';
import { loginSettings } from './user-settings.ts';

/** A committed file of variables is in a lane, since tests need it. No model needs the secrets in it. */
const neverRead = ['Read(**/.env)', 'Read(**/.env.*)'];

/**
 * The command line of a session; every flag was tried with 2.1.150 and 2.1.330.
 *
 * No settings file is loaded, neither the repository's (its hooks and MCP servers would start programs) nor the
 * person's (a rule `Edit` there would let a model write outside its folder). Permission rules travel in `--settings`,
 * where no comma, space or bracket in a path can cut them in two.
 */
export function argumentsOf(spec: ClaudeSpec): string[] {
  const { settings } = loginSettings(spec.env);
  const permissions = { allow: rulesOf(spec), deny: neverRead };
  return [
    '--print',
    ...['--output-format', 'stream-json', '--input-format', 'stream-json', '--verbose'],
    '--no-session-persistence',
    ...['--setting-sources', '', '--strict-mcp-config'],
    ...['--settings', JSON.stringify({ ...settings, disableAllHooks: true, permissions })],
    ...['--tools', spec.tools.join(',')],
    ...option('--permission-mode', spec.acceptEdits === true ? 'acceptEdits' : undefined),
    ...option('--model', spec.model),
    ...option('--max-turns', spec.maxTurns),
    ...option('--max-budget-usd', spec.maxBudgetUsd),
    ...option('--json-schema', spec.schema === undefined ? undefined : JSON.stringify(spec.schema)),
    ...option('--system-prompt', spec.systemPrompt),
  ];
}

/**
 * The environment of a session. Attachments are off because `@/any/path` in a prompt, thus in a test's output, would
 * put that file before the model, whatever the permissions say (older versions do not know the variable for mentions
 * alone). How often a failed request is repeated is the caller's choice: `CLAUDE_CODE_MAX_RETRIES`, by default 10, a
 * matter of minutes.
 */
export function environmentOf(spec: ClaudeSpec): Record<string, string> {
  return {
    ...loginSettings(spec.env).env,
    ...spec.env,
    CLAUDE_CODE_DISABLE_ATTACHMENTS: '1',
    CLAUDE_CODE_DISABLE_FILE_MENTIONS: '1',
  };
}

/**
 * The permission rule that lets Read, Grep and Glob into a folder, and nothing write there. A file reached through a
 * link needs the rule for the folder of the link and for the real one. In a rule `//` is the root, and the rest is a
 * pattern as in .gitignore, so its special characters are escaped.
 */
export function readRule(folder: string): string {
  const path = folder.replace(/[\\*?[\]!()]/g, '\\$&').replace(/\/+$/, '');
  return `Read(/${path}/**)`;
}

function rulesOf(spec: ClaudeSpec): string[] {
  const beside = (spec.addFolders ?? []).flatMap((folder) => [folder, realFolder(folder)]);
  const readable = beside.length === 0 ? [] : [spec.cwd, realFolder(spec.cwd), ...beside];
  const shell = spec.walls !== undefined && spec.tools.includes('Bash') ? ['Bash'] : [];
  return [...new Set([...(spec.allow ?? []), ...shell, ...readable.map(readRule)])];
}

/** The folder without links; one that does not exist stays as it is, and its rule lets nothing in. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function option(name: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [name, String(value)];
}
