import type { Scope, Wishes } from '../agent/clean/clean.ts';
import { spanOf } from './time-span.ts';
import { wrong } from './wrong.ts';

export interface CleanWords {
  readonly runs?: boolean;
  readonly older?: string;
  readonly all?: boolean;
  readonly everything?: boolean;
  readonly stale?: boolean;
  readonly settings?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** @throws MendwatchError (exit code 2) where words do not go together */
export function wishesOf(words: CleanWords): Wishes {
  const { runs, older, all, everything, stale, settings, force = false } = words;
  const scopes = Object.entries({ runs, all, everything, stale }).flatMap(([name, isSaid]) =>
    isSaid === true ? [name] : [],
  );
  if (scopes.length > 1) throw wrong(`--${scopes.join(' and --')} were given: expected one of them.`);
  const scope = (scopes[0] ?? 'cache') as Scope;
  const olderMs = older === undefined ? undefined : spanOf(older);
  if (older !== undefined && olderMs === undefined) {
    throw wrong(`--older ${older}: expected a number with s, m, h or d, as in 30d.`);
  }
  if (older !== undefined && scope !== 'runs') throw wrong('--older was given: expected it with --runs.');
  if (settings === true && scope !== 'everything') throw wrong('--settings was given: expected it with --everything.');
  if (force && scope !== 'all' && scope !== 'everything') {
    throw wrong('--force was given: expected it with --all or --everything.');
  }
  return { scope, force, ...(olderMs === undefined ? {} : { olderMs }) };
}
