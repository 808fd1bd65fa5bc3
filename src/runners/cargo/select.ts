import { posix } from 'node:path';
import type { TestScope } from '../types.ts';
import { type Crate, dependents, keyOf, type Workspace } from './workspace.ts';

/** What is to run: targets by their key, and crates whose examples are tried, by folder. */
export interface Selection {
  readonly targets: ReadonlySet<string>;
  readonly docs: ReadonlySet<string>;
}

/** What changes how everything is built. */
const forAll = /(?:^|\/)(?:Cargo\.(?:toml|lock)|build\.rs|rust-toolchain(?:\.toml)?|\.cargo\/.*)$/;

/**
 * A changed file belongs to the crate that it lies in, and with it to all that need this crate; a file of tests only to
 * itself. What lies in no crate, but in the workspace, may be read by any.
 */
export function select(workspace: Workspace, scope: TestScope): Selection {
  const { crates } = workspace;
  if (scope.kind === 'all') return whole(crates);
  const files = scope.files.map((file) => posix.normalize(file)).filter((file) => file !== '.');
  if (scope.kind === 'files') return named(crates, new Set(files));
  const folders = new Set<string>();
  const alone = new Set<string>();
  for (const file of files) {
    if (forAll.test(file)) return whole(crates);
    const isTests = crates.some(({ targets }) => targets.some((each) => each.kind === 'test' && each.file === file));
    if (isTests) alone.add(file);
    else folders.add(nearest(crates, file) ?? '');
  }
  const known = new Set(crates.map(({ folder }) => folder));
  if ([...folders].some((folder) => !known.has(folder))) return whole(crates);
  const reached = dependents(crates, folders);
  const selected = whole(crates.filter(({ folder }) => reached.has(folder)));
  return { ...selected, targets: new Set([...selected.targets, ...named(crates, alone).targets]) };
}

function whole(crates: readonly Crate[]): Selection {
  return {
    targets: new Set(crates.flatMap(({ targets }) => targets.map(keyOf))),
    docs: new Set(crates.flatMap(({ doc, folder }) => (doc === undefined ? [] : [folder]))),
  };
}

/** A library's file stands for its own tests and for the examples in its documentation. */
function named(crates: readonly Crate[], files: ReadonlySet<string>): Selection {
  const targets = crates.flatMap((crate) => crate.targets).filter(({ file }) => files.has(file));
  const docs = crates.filter(({ doc }) => doc !== undefined && files.has(doc));
  return { targets: new Set(targets.map(keyOf)), docs: new Set(docs.map(({ folder }) => folder)) };
}

/** The folder of the crate that a file lies in, deepest first. */
function nearest(crates: readonly Crate[], file: string): string | undefined {
  return crates
    .map(({ folder }) => folder)
    .filter((folder) => folder === '' || file.startsWith(`${folder}/`))
    .sort((one, other) => other.length - one.length)[0];
}
