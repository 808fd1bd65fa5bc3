import { spawn } from 'node:child_process';
import { readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

// What the bench of landing is held against: a watcher around one-shot calls. At a save all tests run; while they are
// red, `claude -p` is told what they print and edits the person's own files, three times at most. Its word is a line.

const [claude = '', ...testCommand] = process.argv.slice(2);
const quietMs = 50;
const tries = 3;

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

async function runIn([command = '', ...args]: readonly string[]): Promise<Ended> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, said: `${out}${err}` };
}

async function mend(): Promise<void> {
  const startedAt = performance.now();
  let ran = await runIn(testCommand);
  for (let round = 0; round < tries && ran.code !== 0; round++) {
    const words = ['-p', `The tests fail. Fix it.\n${ran.said}`, '--permission-mode', 'acceptEdits'];
    await runIn([claude, ...words, '--output-format', 'json']);
    ran = await runIn(testCommand);
  }
  process.stdout.write(`${ran.code === 0 ? 'green' : 'red'} ${performance.now() - startedAt}\n`);
}

let timer: NodeJS.Timeout | undefined;
let isBusy = false;
function stir(): void {
  if (isBusy) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    isBusy = true;
    void mend().finally(() => {
      isBusy = false;
    });
  }, quietMs);
}

// Folder by folder: a recursive watch loses sight of a file that an editor puts another one in the place of.
const folders = readdirSync('.', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => !/(^|\/)(node_modules|\.git)(\/|$)/.test(path));
for (const folder of folders) watch(folder, stir);
// Whoever started it may be killed.
process.stdin.resume().once('end', () => process.exit());
process.stdout.write('watching\n');
