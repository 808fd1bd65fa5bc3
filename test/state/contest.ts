import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { nextMessage, startFixture } from './children.ts';

/** Eight processes start at the same millisecond, round after round, beside a lock that a dead one left. */
export async function contest(rounds: number, options: { kind?: 'path' } = {}): Promise<void> {
  const folder = await scratch('guard');
  const file = join(folder, 'state.json');
  const kind = options.kind === undefined ? [] : [options.kind, folder];
  const contenders = Array.from({ length: 8 }, () =>
    startFixture('contender.ts', [file, join(folder, 'project'), ...kind]),
  );
  await Promise.all(contenders.map((contender) => nextMessage(contender)));
  const ask = (contender: ChildProcess, message: object | string) => {
    const answer = nextMessage<{ won: boolean } | 'released'>(contender);
    contender.send(message);
    return answer;
  };
  for (let round = 1; round <= rounds; round++) {
    mkdirSync(`${file}.lock`);
    utimesSync(`${file}.lock`, new Date(0), new Date(0));
    const at = Date.now() + 20;
    const answers = await Promise.all(contenders.map((contender) => ask(contender, { at })));
    const winners = contenders.filter((_, index) => {
      const answer = answers[index];
      return answer !== undefined && answer !== 'released' && answer.won;
    });
    expect(winners, `round ${round}`).toHaveLength(1);
    expect(JSON.parse(readFileSync(file, 'utf8')).statistics.tasks_processed).toBe(round);
    for (const winner of winners) await ask(winner, 'release');
  }
}
