import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { unsupportedNode } from '../../src/config/node-version.ts';

const repository = resolve(import.meta.dirname, '../..');

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  return schema.parse(JSON.parse(await readFile(resolve(repository, file), 'utf8')));
}

test('the locked majors are the ones that this was built on', async () => {
  // Under Node 20 npm takes years-old majors of some of these without a word.
  const expected = {
    chokidar: 6,
    commander: 15,
    execa: 10,
    'fast-check': 4,
    node: 24,
    pino: 10,
    'proper-lockfile': 4,
    typescript: 6,
    vitest: 5,
    'write-file-atomic': 8,
    zod: 4,
  };
  const lock = await readJson(
    'package-lock.json',
    z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional() })) }),
  );
  const locked = Object.keys(expected).map((name) => [
    name,
    Number.parseInt(lock.packages[`node_modules/${name}`]?.version ?? '', 10),
  ]);
  expect(Object.fromEntries(locked)).toEqual(expected);
});

test('the tests run on the Node of the development packages, which is a supported one', () => {
  expect(Number.parseInt(process.versions.node, 10)).toBe(24);
  expect(unsupportedNode(process.versions.node)).toBeUndefined();
});

test('the supported versions of Node are the same in package.json and in the program', async () => {
  const { engines } = await readJson('package.json', z.object({ engines: z.object({ node: z.string() }) }));
  expect(engines.node).toBe('^22.22.2 || ^24.15 || >=26');
  const supported = ['22.22.2', '22.23.0', '24.15.0', '24.21.0', '26.0.0', '27.1.0'];
  const tooOld = ['18.20.0', '20.20.2', '22.22.1', '22.9.9', '23.11.0', '24.14.9', '25.9.0'];
  expect(supported.filter((version) => unsupportedNode(version) !== undefined)).toEqual([]);
  expect(tooOld.filter((version) => unsupportedNode(version) === undefined)).toEqual([]);
  expect(unsupportedNode('20.20.2')).toContain('this is Node 20.20.2');
});

test('every export of the package is built from a file that is there', async () => {
  const target = z.object({ types: z.string(), default: z.string() });
  const { exports } = await readJson(
    'package.json',
    z.object({ exports: z.record(z.string(), z.union([z.string(), target])) }),
  );
  const targets = Object.values(exports).filter((entry) => typeof entry === 'object');
  expect(targets.length).toBeGreaterThan(0);
  for (const { types, default: code } of targets) {
    expect(types).toBe(code.replace(/\.js$/, '.d.ts'));
    await readFile(resolve(repository, code.replace('/dist/', '/').replace(/\.js$/, '.ts')));
  }
});
