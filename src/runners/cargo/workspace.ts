import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { relativePath } from '../report/paths.ts';
import { harnessless, memberPatterns } from './manifest.ts';

/** A program of tests that cargo makes of one source file. */
export interface Target {
  readonly package: string;
  readonly kind: 'lib' | 'bin' | 'test' | 'example' | 'bench';
  readonly name: string;
  /** The source that it begins with, relative to the root with `/`. */
  readonly file: string;
  /** Without the harness of Rust it is a program like any other: one test, which passes with exit code 0. */
  readonly hasHarness: boolean;
  /** It is built only where features are on that may be off. */
  readonly isOptional: boolean;
}

export interface Crate {
  /** As `-p` of any cargo takes it: `name:version`. */
  readonly spec: string;
  /** Relative to the root with `/`; empty is the root itself. */
  readonly folder: string;
  /** Targets with tests inside. */
  readonly targets: readonly Target[];
  /** The key of its library, if it has one, with or without tests. */
  readonly library: string | undefined;
  /** The library whose documentation has examples to try, if any. */
  readonly doc: string | undefined;
  /** Folders of the crates on this machine that it depends on, relative to the root: tests and build scripts included. */
  readonly needs: readonly string[];
}

/** A workspace of cargo, or a crate outside of any. */
export interface Workspace {
  /** Relative to the root with `/`; empty is the root itself. */
  readonly folder: string;
  /** Those whose tests cargo runs by default. */
  readonly crates: readonly Crate[];
  /** All members; crates outside may depend on nothing else than these and `needs`. */
  readonly manifests: readonly string[];
  /** Build scripts of all members, whatever they are called. */
  readonly buildScripts: readonly string[];
  /** Whether `crates` are all of the members. */
  readonly isWhole: boolean;
}

const targetSchema = z.object({
  kind: z.array(z.string()),
  name: z.string(),
  src_path: z.string(),
  test: z.boolean().optional(),
  doctest: z.boolean().optional(),
  'required-features': z.array(z.string()).optional(),
});
const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  id: z.string(),
  manifest_path: z.string(),
  targets: z.array(targetSchema),
  dependencies: z.array(z.object({ path: z.string().nullish() })),
});
const metadataSchema = z.object({
  packages: z.array(packageSchema),
  workspace_members: z.array(z.string()),
  workspace_root: z.string(),
});
type RawPackage = z.infer<typeof packageSchema>;
type RawTarget = z.infer<typeof targetSchema>;

/**
 * What `cargo metadata --no-deps` tells of a workspace.
 *
 * @param root the folder that paths are relative to, without symbolic links
 * @throws when it is not what cargo prints
 */
export async function readWorkspace(metadata: string, root: string): Promise<Workspace> {
  const { packages, workspace_members: members, workspace_root: top } = metadataSchema.parse(JSON.parse(metadata));
  const inside = packages.filter(({ id }) => members.includes(id));
  const patterns = memberPatterns(await readFile(`${top}/Cargo.toml`, 'utf8').catch(() => ''));
  const isDefault = (each: RawPackage) =>
    patterns === undefined || patterns(relativePath(top, dirname(each.manifest_path)));
  const chosen = inside.filter(isDefault);
  const taken = chosen.length === 0 ? inside : chosen;
  return {
    folder: relativePath(root, top),
    crates: await Promise.all(taken.map((each) => crateOf(each, root))),
    manifests: inside.map(({ manifest_path }) => relativePath(root, manifest_path)),
    buildScripts: inside.flatMap(({ targets }) =>
      targets.filter(({ kind }) => kind.includes('custom-build')).map((each) => relativePath(root, each.src_path)),
    ),
    isWhole: taken.length === inside.length,
  };
}

async function crateOf(raw: RawPackage, root: string): Promise<Crate> {
  const spec = `${raw.name}:${raw.version}`;
  const without = harnessless(await readFile(raw.manifest_path, 'utf8').catch(() => ''));
  const targets = raw.targets.flatMap((target): Target[] => {
    const kind = kindOf(target);
    if (kind === undefined || target.test === false) return [];
    return [
      {
        package: spec,
        kind,
        name: target.name,
        file: relativePath(root, target.src_path),
        hasHarness: !without(kind, target.name),
        isOptional: (target['required-features'] ?? []).length > 0,
      },
    ];
  });
  const library = raw.targets.find((target) => kindOf(target) === 'lib');
  const file = library === undefined ? '' : relativePath(root, library.src_path);
  return {
    spec,
    folder: relativePath(root, dirname(raw.manifest_path)),
    targets,
    library: library === undefined ? undefined : keyOf({ file, kind: 'lib', name: library.name }),
    doc: library?.doctest === true ? file : undefined,
    needs: raw.dependencies.flatMap(({ path }) => (path ? [relativePath(root, path)] : [])),
  };
}

/** Tells targets apart: two of a workspace may have the same name. */
export function keyOf({ file, kind, name }: { file: string; kind: string; name: string }): string {
  return `${file}|${kind}|${name}`;
}

/** Undefined for build scripts, and for what `--tests` leaves out. */
export function kindOf({ kind, test }: Pick<RawTarget, 'kind' | 'test'>): Target['kind'] | undefined {
  if (kind.includes('custom-build')) return undefined;
  if (kind.includes('test')) return 'test';
  if (kind.includes('bin')) return 'bin';
  if (kind.includes('example')) return test === true ? 'example' : undefined;
  if (kind.includes('bench')) return test === true ? 'bench' : undefined;
  return 'lib';
}

/** All crates of the workspace that depend on these, directly or not, and these themselves; by folder. */
export function dependents(crates: readonly Crate[], folders: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set(folders);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { folder, needs } of crates) if (needs.some((need) => found.has(need))) found.add(folder);
  }
  return found;
}
