import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { scratch } from '../rig/scratch.ts';
import { inspectFloors } from './floors.ts';

const repository = resolve(import.meta.dirname, '../..');

test('the house keeps its floors, and the checker really reads it', async () => {
  const { modules, violations } = await inspectFloors();
  expect(violations).toEqual([]);
  expect(modules).toBeGreaterThan(20);
});

const planted: ReadonlyArray<readonly [rule: string, file: string, text: string]> = [
  ['every-module-has-a-floor', 'src/cellar/planted.ts', "import '../clock.ts';"],
  ['ground-imports-only-ground', 'src/domain/planted.ts', "import '../process/planted.ts';"],
  ['tools-import-no-higher-floor', 'src/workspace/planted.ts', "import '../land/planted.ts';"],
  ['tools-import-of-tools-only-process', 'src/runners/planted.ts', "import '../claude/planted.ts';"],
  ['process-and-state-import-no-tool', 'src/state/planted.ts', "import '../process/planted.ts';"],
  ['rooms-import-no-room', 'src/fix/planted.ts', "import type { Planted } from '../plan/planted.ts';"],
  ['rooms-import-no-higher-floor', 'src/queue/planted.ts', "import '../pipeline/planted.ts';"],
  ['only-the-hall-imports-rooms', 'src/cli/planted.ts', "import '../land/planted.ts';"],
  ['only-the-hall-imports-rooms', 'automation/planted.ts', "import '../src/land/planted.ts';"],
  ['doors-import-no-other-door-and-no-pipeline', 'src/server/planted.ts', "import '../cli/planted.ts';"],
  ['the-client-imports-only-itself', 'src/client/planted.ts', "import 'node:fs';"],
  ['the-house-does-not-use-its-client', 'src/fix/planted-b.ts', "import '../client/planted.ts';"],
  ['the-hall-imports-no-door', 'src/pipeline/planted.ts', "import '../cli/planted.ts';"],
  ['the-house-imports-nothing-from-outside', 'src/verify/planted.ts', "import '../../automation/planted.ts';"],
  ['no-cycles', 'src/config/planted-a.ts', "import './planted-b.ts';"],
  ['only-process-starts-processes', 'src/plan/planted.ts', "import 'node:child_process';"],
  ['only-src-process-imports-execa', 'src/land/planted.ts', "import 'execa';"],
  ['only-src-watch-imports-chokidar', 'src/triage/planted.ts', "import 'chokidar';"],
  ['only-src-state-imports-proper-lockfile', 'src/process/planted.ts', "import 'proper-lockfile';"],
  ['only-src-state-imports-write-file-atomic', 'src/watch/planted.ts', "import 'write-file-atomic';"],
  ['only-src-log-ts-imports-pino', 'src/mcp/planted.ts', "import 'pino';"],
  ['no-unresolvable', 'src/dashboard/planted.ts', "import './nowhere.ts';"],
  ['no-development-packages', 'src/claude/planted.ts', "import 'fast-check';"],
];

test('each rule catches what is planted against it', async () => {
  const copy = await scratch('floors');
  for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
    await cp(join(repository, file), join(copy, file));
  }
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
  const support = [
    ['', 'src/clock.ts', 'export {};'],
    ['', 'src/config/planted-b.ts', "import './planted-a.ts';"],
  ] as const;
  for (const [, file, text] of [...planted, ...support]) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    await writeFile(join(copy, file), `${text}\nexport type Planted = string;\n`);
  }
  const { violations } = await inspectFloors(copy);
  const missed = planted.filter(
    ([rule, file]) => !violations.some((violation) => violation.startsWith(`${rule}: ${file}`)),
  );
  expect(missed).toEqual([]);
});
