import { glob, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

async function offenders(pattern: RegExp, allowed: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  let read = 0;
  for await (const file of glob(['src/**/*.ts', 'automation/*.ts'], { cwd: repository })) {
    read += 1;
    const text = await readFile(resolve(repository, file), 'utf8');
    if (pattern.test(text) && !allowed.includes(file)) found.push(file);
  }
  expect(read).toBeGreaterThan(20);
  return found;
}

test('the environment is read in one place, so that what a child gets is always decided', async () => {
  const access =
    /\bprocess\s*(?:\.|\?\.|\[\s*['"])\s*env\b|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b|import\s*\{[^}]*\benv\b[^}]*\}\s*from\s*'(?:node:)?process'/;
  expect(await offenders(access, ['src/config/process-environment.ts'])).toEqual([]);
});

test('no words in the program that tell nothing: Manager, Handler, Helper, Util, Data', async () => {
  expect(await offenders(/\b(?:class|interface|type)\s+\w*(?:Manager|Handler|Helper|Utils?|Data)\b/, [])).toEqual([]);
});
