import type { Excess } from '../agent/clean/space-record.ts';
import type { AgentEvent } from '../events.ts';
import { type Line, quiet, warn } from './line.ts';
import { count } from './quantities.ts';
import { sizeWords } from './size-words.ts';

export function lineOfSpace(event: Extract<AgentEvent, { type: `space.${string}` }>): Line {
  switch (event.type) {
    case 'space.freed':
      return quiet(
        `tidied up: ${sizeWords(event.bytes)} freed${event.runs === 0 ? '' : `, ${count(event.runs, 'old run')} removed`}`,
      );
    case 'space.exceeded':
      return warn(excessWords(event));
    case 'space.stale':
      return quiet(
        `${count(event.caches, 'cache')} of other projects that nobody seems to need (${sizeWords(event.bytes)}): \`mendwatch clean --stale\` removes ${event.caches === 1 ? 'it' : 'them'}`,
      );
  }
}

/** What is needed takes more than a setting allows. */
export function excessWords({ what, bytes, limitBytes }: Excess): string {
  const setting = what === 'cache' ? 'MAX_CACHE_MB' : 'MAX_RUNS_MB';
  const remedy =
    what === 'cache' ? 'raise it, or watch less of the project' : 'raise it, or end what is open and parked';
  return `the ${what} ${what === 'cache' ? 'takes' : 'take'} ${sizeWords(bytes)}, more than the ${sizeWords(limitBytes)} of ${setting}, and all of it is needed: ${remedy}`;
}
