import { existsSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { detectRunner } from '../../src/runners/detect.ts';
import { type Sample, sampleEnv } from '../runners/vitest-sample.ts';
import { OLD_VERSIONS } from './sample-project.ts';

const require = createRequire(import.meta.url);

/** The folder of an installed package: the repository's own, or an older version that `old-versions.ts` has installed. */
export function packageFolder(name: string, version?: string): string {
  if (version === undefined) return dirname(require.resolve(`${name}/package.json`));
  const folder = join(OLD_VERSIONS, `${name}-${version}`, 'node_modules', name);
  if (!existsSync(folder)) throw new Error(`${name} ${version} is not at ${folder}: the full tests install it`);
  return folder;
}

/** Writes files into `root`, and `node_modules` as a real folder with links to these packages, which is how a lane looks. */
export async function writeJavascript(
  root: string,
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await mkdir(join(root, 'node_modules'), { recursive: true });
  for (const [name, folder] of Object.entries(links)) await symlink(folder, join(root, 'node_modules', name));
  return root;
}

/** A project on disk below `folder`, with the runner that was detected in it. */
export async function javascriptSample(
  folder: string,
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = sampleEnv,
): Promise<Sample> {
  const root = await writeJavascript(join(folder, 'project'), files, links);
  const reportFolder = join(folder, 'report');
  await mkdir(reportFolder, { recursive: true });
  const detection = await detectRunner({ root, env });
  if (detection.kind !== 'found') throw new Error(`${detection.reason} ${detection.remedy}`);
  const { runner } = detection;
  const signal = new AbortController().signal;
  return {
    root,
    runner,
    run: (scope = { kind: 'all' }, options = {}) =>
      runner.run({ root, scope, env, reportFolder, timeoutMs: 100_000, signal, ...options }),
  };
}
