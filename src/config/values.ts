import { posix } from 'node:path';
import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** From the text of a variable to its value. The message of its first issue says what was expected. */
export type ValueSchema<T> = z.ZodType<T, string>;

/** true/false, 1/0, yes/no, on/off in any case. */
export function flag(): ValueSchema<boolean> {
  return z.stringbool({
    truthy: ['true', '1', 'yes', 'on'],
    falsy: ['false', '0', 'no', 'off'],
    error: 'true or false (also 1/0, yes/no, on/off)',
  });
}

/** A plain decimal number: no unit, no sign, no exponent. */
export function number(unit: string, limits: { min: number; max: number }): ValueSchema<number> {
  const error = `a number of ${unit} from ${limits.min} to ${limits.max}`;
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(limits.min, { error }).max(limits.max, { error }));
}

/** Seconds in the setting, milliseconds in the program. */
export function seconds(limits: { min: number; max: number }): ValueSchema<number> {
  return number('seconds', limits).transform((value) => Math.round(value * 1000));
}

export function wholeNumber(unit: string, limits: { min: number; max: number }): ValueSchema<number> {
  const error = `a whole number of ${unit} from ${limits.min} to ${limits.max}`;
  return z
    .string()
    .regex(/^\d+$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(limits.min, { error }).max(limits.max, { error }));
}

export function port(): ValueSchema<number> {
  const error = 'a port from 0 to 65535';
  return z
    .string()
    .regex(/^\d{1,5}$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().max(65_535, { error }));
}

/** One of these words, in any case. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words): ValueSchema<Words[number]> {
  return z
    .string()
    .toLowerCase()
    .pipe(z.enum(words, { error: `one of ${words.join(', ')}` }));
}

/** As `list`, of these words in any case, at least one. */
export function choices(known: readonly string[]): ValueSchema<readonly string[]> {
  const error = `one or more of ${known.join(', ')}, with commas between`;
  return z
    .string()
    .transform((text) => [...new Set(splitList(text.toLowerCase()))])
    .pipe(z.array(z.string().refine((entry) => known.includes(entry), { error })).min(1, { error }));
}

/** A key or token: blanks and quotes come from a bad copy, and the service would only say "not authorised". */
export function secret(): ValueSchema<string> {
  const error = 'a key without blanks, line breaks or quotes around it';
  return z.string().regex(/^(?!["'`])\S+(?<!["'`])$/, { error });
}

/** An address that is called over the network, in clear only on this machine. */
export function address(): ValueSchema<string> {
  return z
    .string()
    .refine(isSafeAddress, { error: 'an address that begins with https:// (http:// only on localhost)' });
}

function isSafeAddress(text: string): boolean {
  if (/\s/.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** `owner/name` on GitHub. */
export function repositoryName(): ValueSchema<string> {
  return z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/(?!\.{1,2}$)[\w.-]{1,100}$/, { error: 'owner/name of a repository' });
}

/** One word that may stand on a command line: a leading dash would be read as a flag. */
export function word(expected: string): ValueSchema<string> {
  return z.string().regex(/^[^\s-]\S*$/, { error: expected });
}

export function path(expected: string): ValueSchema<string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the system takes no zero byte in a path
  return z.string().regex(/^[^\u0000\r\n]+$/, { error: expected });
}

/** Entries with commas between; a comma inside braces belongs to a pattern. Blank entries are dropped. */
export function list(): ValueSchema<readonly string[]> {
  return z.string().transform(splitList);
}

/** As `list`, of what browsers send as `Origin`. */
export function origins(): ValueSchema<readonly string[]> {
  const error = 'origins of pages, as http://localhost:3000, with commas between';
  return z
    .string()
    .transform(splitList)
    .pipe(z.array(z.string().refine(isOrigin, { error })));
}

function isOrigin(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/.test(text) || !URL.canParse(text)) return false;
  const { origin } = new URL(text);
  // Those of extensions have one in browsers alone.
  return origin === text || origin === 'null';
}

/** A regular expression that names what it finds: these groups must be in it. */
export function namedPattern(groups: readonly string[]): ValueSchema<string> {
  const error = `a regular expression with the named groups ${groups.join(' and ')}, as in (?<${groups[0]}>[^:]+)`;
  return z.string().refine((text) => groups.every((name) => text.includes(`(?<${name}>`)) && compiles(text), { error });
}

function compiles(text: string): boolean {
  try {
    return new RegExp(text).source !== '';
  } catch {
    return false;
  }
}

/** As `list`, of patterns that stay inside the project. */
export function patternList(expected: string): ValueSchema<readonly string[]> {
  return z
    .string()
    .transform(splitList)
    .pipe(z.array(z.string().refine((entry) => staysInside(entry.replace(/^!/, '')), { error: expected })));
}

/** As `list`, of paths below the project, without the project itself and its `.git`. No slash at the end. */
export function pathList(expected: string): ValueSchema<readonly string[]> {
  const entry = z
    .string()
    .transform((text) => posix.normalize(text).replace(/\/+$/, ''))
    .refine((text) => staysInside(text) && text !== '.' && text.split('/')[0] !== '.git', { error: expected });
  return z.string().transform(splitList).pipe(z.array(entry));
}

/** As `list`, of these names in any case, at least one of them one of `needed`; each is given as it is written here. */
export function names(known: readonly string[], needed: readonly string[]): ValueSchema<readonly string[]> {
  const error = `names out of ${known.join(', ')} with commas between, at least one of ${needed.join(', ')}`;
  const byName = new Map(known.map((name) => [name.toLowerCase(), name]));
  return z
    .string()
    .transform((text) => splitList(text).map((entry) => byName.get(entry.toLowerCase())))
    .pipe(
      z
        .array(z.string({ error }))
        .transform((found) => [...new Set(found)])
        .refine((found) => found.some((name) => needed.includes(name)), { error }),
    );
}

function splitList(text: string): string[] {
  return text
    .split(/,(?![^{]*\})/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function staysInside(entry: string): boolean {
  return !/^[/~]/.test(entry) && !entry.split(/[\\/]/).includes('..');
}
