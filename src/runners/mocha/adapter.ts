import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestRun } from '../../domain/tests.ts';
import { judgeRun } from '../javascript/judge-run.ts';
import type { Package } from '../javascript/packages.ts';
import { placeReporters } from '../javascript/raw-run.ts';
import { concernsJavascript, importsBy, type Reading, readProject, relatedTo } from '../javascript/related.ts';
import { broken, inPlace, type Place, runNode } from '../javascript/run-node.ts';
import type { SettingsChain } from '../settings-chain.ts';
import type { Runner, TestRequest } from '../types.ts';
import type { MochaCommand } from './command.ts';
import { guessed, learned, type MochaKnowledge } from './rules.ts';

/** A package's own mocha, as it was found. */
export interface MochaInstallation {
  /** The package, relative to the root with `/`; empty is the root. */
  readonly folder: string;
  /** The folder of mocha itself, without symbolic links. */
  readonly mocha: string;
  /** The file of its command. */
  readonly executable: string;
  readonly version: string;
  /** A path or a name on the PATH of the request. */
  readonly node: string;
  readonly command: MochaCommand;
  /** All packages of the project. */
  readonly packages: readonly Package[];
  /** What the settings take from other files. */
  readonly chain: SettingsChain;
}

/** Runs the project's own mocha by its own settings, one process a run. */
export function mochaRunner(installation: MochaInstallation): Runner {
  const { folder, version, node, command, chain } = installation;
  const known = { current: guessed(folder, command) };
  const where = folder === '' ? '' : ` in ${folder}`;
  return {
    name: 'mocha',
    version,
    description: `mocha ${version}${where}, run by ${node}`,
    wants: concernsJavascript,
    isProtected: (path) => known.current.rules.isProtected(path) || chain.includes(path),
    isSettings: (path) => known.current.rules.isSettings(path) || chain.includes(path),
    isTestFile: (path) => known.current.rules.isTestFile(path),
    run: (request) => inPlace(request, (place) => runMocha(installation, known, { request, place })),
    prepare: () => undefined,
    close: async () => undefined,
  };
}

async function runMocha(
  installation: MochaInstallation,
  known: { current: MochaKnowledge },
  { request, place }: { readonly request: TestRequest; readonly place: Place },
): Promise<TestRun> {
  const { folder, mocha, executable, version, node, command } = installation;
  if (!existsSync(executable)) {
    return broken('configuration', `mocha is no longer at ${executable}: install the packages of the project again.`);
  }
  await installation.chain.refresh(place.root);
  const reading = await readProject(place.root, installation.packages);
  const wanted = wantedBy(request, reading, known.current);
  const reporters = await placeReporters(place.reportFolder, { runner: mocha });
  const plugin = { mocha, loadTitle: `load ${randomUUID()}`, ...filesOf(place, wanted) };
  await writeFile(join(reporters.folder, 'plugin.json'), JSON.stringify(plugin));
  const args = [
    ...command.nodeOptions,
    executable,
    ...command.args,
    ...['--require', join(reporters.folder, 'mocha-plugin.cjs')],
    ...['--reporter', join(reporters.folder, 'mocha.cjs')],
    '--no-bail',
    // Otherwise places are cut to the folder of the run.
    '--full-trace',
    '--no-watch',
    // Its workers do not say of which file a failed hook is.
    ...(Number.parseInt(version, 10) < 9 ? ['--no-parallel'] : []),
  ];
  const result = await runNode(request, place, { node, folder, args, env: command.env });
  const read = await reporters.read();
  if (read.kind === 'run' && read.run.phase === 'finished') {
    known.current = learned(folder, command, { run: read.run, root: place.root, files: reading.files });
  }
  return judgeRun({
    root: place.root,
    name: 'mocha',
    title: 'Mocha',
    result,
    read,
    running: await reporters.running(),
    imports: importsBy(reading),
  });
}

/** Files whose tests are asked for; mocha itself says which of them are tests. Undefined: all. */
function wantedBy(
  { scope }: TestRequest,
  reading: Reading,
  { rules, support }: MochaKnowledge,
): ReadonlySet<string> | undefined {
  // What is loaded beside the tests is not known before the first run.
  if (scope.kind === 'all' || (scope.kind === 'related' && support === undefined)) return undefined;
  const wanted =
    scope.kind === 'files'
      ? new Set(scope.files)
      : relatedTo(reading, { changed: scope.files, rules, support: support ?? [], sure: true });
  // For mocha, files that are loaded before the tests (`--file`) are among them.
  return wanted === undefined ? undefined : new Set([...wanted, ...(support ?? [])]);
}

function filesOf({ root }: Place, wanted: ReadonlySet<string> | undefined): { wanted?: string[] } {
  return wanted === undefined ? {} : { wanted: [...wanted].map((path) => join(root, path)) };
}
