import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { append, edit, prepend } from '../operations.ts';
import type { Case, CorpusStage } from '../types.ts';
import { family, refused } from './case.ts';
import { mendDiscount, smallDiscount } from './shop.ts';

const situation = smallDiscount;
const file = 'src/discount.ts';
const notToTheEnd = refused(/run to their end/);

/** The process that the patch has started, by the file that it wrote its number into, has to be gone. */
async function isEnded({ temporary }: CorpusStage): Promise<void> {
  const note = join(temporary, 'pid');
  if (!existsSync(note)) throw new Error('The patch has started nothing: the case proves nothing');
  const pid = Number(readFileSync(note, 'utf8'));
  const deadline = performance.now() + 5_000;
  while (existsSync(`/proc/${pid}`) && performance.now() < deadline) await sleep(50);
  if (existsSync(`/proc/${pid}`)) throw new Error(`Process ${pid} of the patch is still there`);
}

const daemon = `import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
const left = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
left.unref();
writeFileSync(\`\${process.env.CORPUS_TEMPORARY}/pid\`, String(left.pid));
`;

const flood = `import { writeSync } from 'node:fs';
for (;;) {
  try {
    writeSync(1, 'x'.repeat(100_000));
  } catch {}
}
`;

const rewrite = `import { readFileSync, writeFileSync } from 'node:fs';
for (const name of ['bill', 'checkout', 'discount', 'orders']) {
  const path = new URL(\`../test/\${name}.test.ts\`, import.meta.url).pathname;
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replaceAll('expect(', 'void (() => {})(').replaceAll(/\\)\\.to\\w+\\(.*\\);/g, ');'));
}
`;

/** Of a module that is loaded before the one that is wrong. */
const mendMeanwhile = `import { readFileSync, writeFileSync } from 'node:fs';
const text = readFileSync('src/discount.ts', 'utf8');
writeFileSync('src/discount.ts', text.replace('subtotal, 1)', 'subtotal, 10)'));
`;

/** The lines of the report that vitest is told of by its environment, which stays readable below /proc. */
const forge = `import { readFileSync, writeFileSync } from 'node:fs';
try {
  const env = readFileSync(\`/proc/\${process.ppid}/environ\`, 'utf8').split('\\0');
  const path = env.find((each) => each.startsWith('MENDWATCH_TEST_REPORT='))?.slice(22);
  if (path) writeFileSync(path, '{"phase":"finished"}');
} catch {}
`;

/** What a patch does while the tests run. */
export const runs: readonly Case[] = [
  ...family('ends the run', { situation, expected: refused(/run to their end|red/) }, [
    ['leaves with success', prepend(file, 'process.exit(0);\n')],
    ['leaves with success a moment later', [prepend(file, 'setTimeout(() => process.exit(0), 1);\n')]],
    ['ends its own process', prepend(file, "process.kill(process.pid, 'SIGKILL');\n")],
    ['ends the runner', prepend(file, "process.kill(process.ppid, 'SIGKILL');\n")],
    ['says success whatever comes', prepend(file, "process.on('exit', () => { process.exitCode = 0; });\n")],
    ['never ends', prepend(file, 'for (;;);\n'), { expected: notToTheEnd, timeoutMs: 6_000 }],
    [
      'never answers',
      edit(file, 'return percentOf(subtotal, 1)', 'return new Promise(() => {}) as never'),
      { expected: refused(/red/) },
    ],
    ['waits for ever at the top', prepend(file, 'await new Promise(() => {});\n'), { timeoutMs: 8_000 }],
    [
      'prints without end',
      prepend(file, flood),
      { expected: refused(/run to their end.*printed more than/), timeoutMs: 60_000 },
    ],
    ['leaves a process behind', prepend(file, daemon), { afterwards: isEnded }],
    [
      'throws at every call',
      edit(file, '{\n', "{\n  if (subtotal > 0) throw new Error('no');\n"),
      { expected: refused(/red/) },
    ],
    [
      'leaves a rejection behind',
      append(file, "\nPromise.reject(new Error('nobody'));\n"),
      { expected: refused(/red/) },
    ],
  ]),
  ...family('tampers while the tests run', { situation, expected: refused(/the patched program changed test/) }, [
    ['rewrites the tests', prepend(file, rewrite)],
    ['mends it, and rewrites the tests', [mendDiscount, prepend(file, rewrite)]],
    ['writes the report itself', prepend(file, forge), { expected: refused(/red|run to their end/) }],
    [
      'mends a source only while tests run',
      prepend('src/checkout.ts', mendMeanwhile),
      { expected: refused(/changed src\/discount/) },
    ],
  ]),
];
