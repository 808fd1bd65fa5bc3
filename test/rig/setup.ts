import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { compiled } from './compiled.ts';

// Runs before each test file: what the file leaves behind is found.

// Every temporary folder of this file is made below this one, and every process that it starts inherits the name.
const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'mw-')));
process.env.TMPDIR = temporary;
process.env.XDG_STATE_HOME = join(temporary, 'xdg-state');
process.env.XDG_CACHE_HOME = join(temporary, 'xdg-cache');
// For what is started from here.
Object.assign(process.env, compiled);

// Registered first, so it runs after the file's own hooks.
afterAll(async () => {
  const children = await lasting(() => childrenOf(temporary));
  for (const { pid } of children) process.kill(pid, 'SIGKILL');
  const folders = readdirSync(temporary).filter((name) => name.startsWith('mendwatch-'));
  process.env.TMPDIR = join(temporary, '..');
  rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
  const left = [...children.map(({ pid, command }) => `process ${pid} (${command})`), ...folders];
  if (left.length > 0) throw new Error(`This test file left behind: ${left.join(', ')}`);
});

interface Child {
  readonly pid: number;
  readonly command: string;
}

/** What is still there after two seconds: a process that was just told to end needs a moment. */
async function lasting(look: () => Child[]): Promise<Child[]> {
  const deadline = performance.now() + 2000;
  let found = look();
  while (found.length > 0 && performance.now() < deadline) {
    await sleep(50);
    found = look();
  }
  return found;
}

/** Processes whose environment names the folder (Linux only; elsewhere none is found). */
function childrenOf(folder: string): Child[] {
  const found: Child[] = [];
  for (const entry of readdirSafely('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    if (!readSafely(`/proc/${pid}/environ`).split('\0').includes(`TMPDIR=${folder}`)) continue;
    found.push({ pid, command: readSafely(`/proc/${pid}/cmdline`).split('\0').join(' ').trim().slice(0, 200) });
  }
  return found;
}

function readdirSafely(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readSafely(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
