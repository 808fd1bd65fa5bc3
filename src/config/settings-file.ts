import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type ConfigurationProblem, codeOf, messageOf } from '../errors.ts';
import { isSecretName } from '../secrets/names.ts';
import { nearMiss } from './near-miss.ts';
import { settingNames, settings } from './settings.ts';

export interface SettingsFile {
  readonly exists: boolean;
  readonly variables: Readonly<Record<string, string>>;
  readonly problems: readonly ConfigurationProblem[];
}

/** Reads a settings file as Node does, and tells what Node would pass over in silence. */
export function readSettingsFile(file: string): SettingsFile {
  try {
    // Nothing could stop a read that waits for somebody to write into it.
    if (statSync(file).isFIFO()) return refused(file, 'a pipe');
    const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    // A file in UTF-16, as some editors write, would set nothing at all.
    if (text.includes('\0')) return refused(file, 'another encoding');
    const entries = Object.entries(parseEnv(text)).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return { exists: true, variables: Object.fromEntries(entries), problems: findProblems(file, text) };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { exists: false, variables: {}, problems: [] };
    return refused(file, code ?? messageOf(error));
  }
}

function refused(file: string, value: string): SettingsFile {
  const expected = 'a text file in UTF-8 that this user can read';
  return { exists: true, variables: {}, problems: [{ name: file, value, expected }] };
}

interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

function findProblems(file: string, text: string): readonly ConfigurationProblem[] {
  const { assignments, stray } = readLines(text);
  const unreadable = stray.map(({ line, expected }) => ({ name: file, value: `line ${line}`, expected }));
  return [...unreadable, ...misspelled(assignments, file), ...contradictory(assignments, file)];
}

/** The lines as Node takes them: a value in quotes may go over several, and a quote that is never closed is a letter. */
function readLines(text: string): { assignments: Assignment[]; stray: { line: number; expected: string }[] } {
  const assignments: Assignment[] = [];
  const stray: { line: number; expected: string }[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    const found = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/s.exec(lines[at] ?? '');
    if (found === null) {
      if (!/^\s*(?:#.*)?$/s.test(lines[at] ?? '')) stray.push({ line, expected: 'NAME=value, or a # in front' });
      continue;
    }
    const [, name = '', value = ''] = found;
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote !== undefined && !value.includes(quote, 1)) {
      const closing = lines.findIndex((other, index) => index > at && other.includes(quote));
      if (closing === -1) stray.push({ line, expected: `a closing ${quote} for the one in it` });
      else at = closing;
    }
    assignments.push({ name, value, line });
  }
  return { assignments, stray };
}

function misspelled(assignments: readonly Assignment[], file: string): ConfigurationProblem[] {
  return assignments.flatMap(({ name, value, line }) => {
    const meant = nearMiss(name, settingNames);
    if (meant === undefined) return [];
    const isHidden = isSecret(meant) || isSecret(name);
    const shown = isHidden ? `[hidden, ${value.length} characters]` : value.slice(0, 200);
    return [
      { name, value: shown, expected: `the name of a setting; did you mean ${meant}? (line ${line} of ${file})` },
    ];
  });
}

/** Only the last of them would count. An empty text means not set. */
function contradictory(assignments: readonly Assignment[], file: string): ConfigurationProblem[] {
  const byName = Map.groupBy(
    assignments.filter(({ value }) => value !== ''),
    ({ name }) => name,
  );
  return [...byName].flatMap(([name, all]) => {
    if (new Set(all.map(({ value }) => value)).size < 2) return [];
    const shown =
      isSecret(name) || !Object.hasOwn(settings, name)
        ? `[hidden, ${all.length} values]`
        : all.map(({ value }) => value.slice(0, 60)).join(' and ');
    const where = all.map(({ line }) => line).join(' and ');
    return [{ name, value: shown, expected: `one value, not one in each of the lines ${where} of ${file}` }];
  });
}

function isSecret(name: string): boolean {
  return Object.hasOwn(settings, name) ? 'secret' in settings[name as keyof typeof settings] : isSecretName(name);
}
