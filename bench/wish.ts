import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { suites } from './suites.ts';

export interface Wish {
  readonly names: readonly string[];
  readonly isQuick: boolean;
  readonly json: 'standard output' | { readonly file: string } | undefined;
}

/** What the words of the command line ask for: everything where no suite is named. */
export function wishOf(words: readonly string[], known: readonly string[]): Wish | 'help' | { problem: string } {
  if (words.some((word) => word === '--help' || word === '-h')) return 'help';
  const at = words.indexOf('--json');
  const file = at < 0 ? undefined : words[at + 1];
  const hasFile = file?.endsWith('.json') === true;
  const rest = words.filter((_, index) => at < 0 || (index !== at && !(hasFile && index === at + 1)));
  const isQuick = rest.includes('--quick');
  const names = rest.filter((word) => word !== '--quick');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) return { problem: `There is no ${unknown.map((word) => `“${word}”`).join(', ')}.` };
  // Not first when all has been measured.
  if (hasFile && statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() !== true)
    return { problem: `${file} cannot be written: ${dirname(file)} is no folder.` };
  const json = at < 0 ? undefined : hasFile ? { file } : 'standard output';
  return { names: names.length === 0 ? known : known.filter((name) => names.includes(name)), isQuick, json };
}

export async function usage(): Promise<string> {
  const all = await Promise.all(Object.values(suites).map((load) => load()));
  const lines = all.map(({ name, title }) => `  ${name.padEnd(10)} ${title}\n`);
  return `Usage: npm run bench [-- NAME …] [OPTION …]

${lines.join('')}
Without a name all of them, in this order.

  --quick             few repetitions of small things: to see that all of it works, not for figures to quote
  --json [FILE.json]  the figures as JSON, in place of the tables or, with a file, beside them
  --help              this
`;
}
