import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { startRehearsal } from '../../src/claude/rehearsal/server.ts';
import { scratch } from '../rig/scratch.ts';
import { serveHere } from './rig.ts';

const claude = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'claude');
const limitMs = 60_000;
/** Many turns of the counter. */
const stillMs = 60;

/**
 * The real CLI as a command of the executor, so many times, so many at once: its shell counts in a process of its own;
 * a pause stops the counter, a resume lets it go on, a cancel leaves nobody behind.
 */
export async function controlClaude(times: number, atOnce: number): Promise<void> {
  const folder = await scratch('counting');
  const rehearsal = await startRehearsal((request) => {
    const name = /counter-\d+/.exec(request.prompt)?.[0];
    if (!request.isMain || name === undefined) return { say: '.' };
    const command = `i=0; while :; do i=$((i+1)); echo $i > ${join(folder, name)}; sleep 0.005; done`;
    return { calls: [{ tool: 'Bash', input: { command, description: 'counts' } }] };
  });
  onTestFinished(() => rehearsal.close());
  const home = join(folder, 'home');
  await mkdir(home);
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TMPDIR: process.env.TMPDIR ?? '/tmp',
    ...rehearsal.environment(home),
  };
  const served = await serveHere({ env });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < times) await control(await served.connect(), join(folder, `counter-${next++}`));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  expect(await running(folder)).toEqual([]);
}

async function control(client: Awaited<ReturnType<Awaited<ReturnType<typeof serveHere>>['connect']>>, counter: string) {
  const name = counter.slice(counter.lastIndexOf('/') + 1);
  const words = [claude, '-p', `'count in ${name}'`, '--allowedTools', 'Bash', '--setting-sources', "''"];
  const started = await client.ask('execute', { command: words.join(' ') });
  expect(started.error).toBeUndefined();
  await grows(counter, 0);

  expect((await client.ask('control', { type: 'PAUSE' })).result.reached).toBeGreaterThanOrEqual(2);
  const paused = await read(counter);
  await delay(stillMs);
  expect(await read(counter)).toBe(paused);

  expect((await client.ask('control', { type: 'RESUME' })).result.reached).toBeGreaterThanOrEqual(2);
  await grows(counter, Number(paused));

  const { result } = await client.ask('control', { type: 'CANCEL' });
  expect(result).toMatchObject({ status: 'canceled', survivors: [] });
  const canceled = await read(counter);
  const { params } = await client.notice('process.completed');
  expect(params).toMatchObject({ canceled: true, survivors: [] });
  expect(await read(counter)).toBe(canceled);
  client.socket.close();
}

async function read(counter: string): Promise<string> {
  return (await readFile(counter, 'utf8').catch(() => '')).trim();
}

async function grows(counter: string, from: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (Number(await read(counter)) <= from) {
    if (performance.now() > deadline) throw new Error(`${counter} does not grow beyond ${from}`);
    await delay(5);
  }
}

/** Command lines that name the folder. */
async function running(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}
