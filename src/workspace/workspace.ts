import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from './folders.ts';
import { createGit } from './git.ts';
import { headMove } from './head.ts';
import { FolderLane, type LaneParts } from './lane.ts';
import { mergeFile } from './merge-file.ts';
import { blobId, changesBetween, checkId, listTree, readableDiff, readFileOf } from './objects.ts';
import { patchTo } from './patches.ts';
import { isInside, relativeTo } from './paths.ts';
import { Project } from './project.ts';
import { replay } from './replay.ts';
import { Shadow } from './shadow.ts';
import { Shapes } from './shapes.ts';
import { Snapshots } from './snapshots.ts';
import { tidy } from './tidy.ts';
import type { LaneName, Patch, Skipped, Snapshot, Workspace } from './types.ts';

export interface WorkspaceOptions {
  readonly root: string;
  /** Of this project alone, outside of it. */
  readonly cacheFolder: string;
  /** The environment that the agent was started with: PATH, and where the person's git settings are. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; never part of a snapshot, also where they lie in the project. */
  readonly agentFolders: readonly string[];
  /** Ignored paths that are linked into lanes, relative to the root. */
  readonly laneLinks: readonly string[];
  /** Ends whatever runs; calls reject with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Opens the project and its shadow repository.
 *
 * Rejects with a `MendwatchError` (exit code 2) when git is missing, or when the project is a bare repository.
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const root = await realpath(options.root);
  const { cacheFolder, env, signal } = options;
  const git = createGit(env, join(cacheFolder, 'home'), signal);
  const shadow = new Shadow(git, cacheFolder);
  await shadow.open();
  const project = new Project(git, {
    root,
    env,
    agentFolders: [...options.agentFolders, cacheFolder],
    shadowDir: shadow.dir,
    ...(signal === undefined ? {} : { signal }),
  });
  await project.locate();
  const laneLinks = options.laneLinks.map((path) => relativeTo(root, path)).filter(isInside);
  const shapes = new Shapes(shadow);
  const snapshots = new Snapshots(project, shadow, shapes);
  const parts: LaneParts = {
    ...{ project, shadow, shapes, lanesFolder: join(cacheFolder, 'lanes') },
    // Tests that read from a submodule find it; it is in no snapshot, so that no patch can hold anything of it.
    get laneLinks() {
      const submodules = snapshots.skipped.filter(({ reason }) => reason === 'submodule');
      return [...laneLinks, ...submodules.map(({ path }) => path)];
    },
  };
  return new ShadowedWorkspace(parts, snapshots, (versions) => mergeFile(env, versions));
}

const laneNames: readonly LaneName[] = ['triage', 'plan', 'fix', 'verify'];
/** Of a worker other than the first. */
const numbered = /^(?:fix|verify)-\d+$/;

class ShadowedWorkspace implements Workspace {
  readonly root: string;
  readonly mergeFile: Workspace['mergeFile'];
  readonly #parts: LaneParts;
  readonly #snapshots: Snapshots;
  readonly #lanes = new Map<string, FolderLane>();

  constructor(parts: LaneParts, snapshots: Snapshots, merge: Workspace['mergeFile']) {
    this.mergeFile = merge;
    this.root = parts.project.root;
    this.#parts = parts;
    this.#snapshots = snapshots;
  }

  head = () => this.#parts.project.head();
  origin = () => this.#parts.project.origin();
  headStamp = () => this.#parts.project.headStamp();
  headMove = (from: string, to: string) => headMove(this.#parts.project, from, to);
  snapshot = (paths?: readonly string[]) => this.#snapshots.take(paths);
  snapshotOf = async (tree: string): Promise<Snapshot> => {
    await this.#parts.shadow.objects.tree(checkId(tree));
    return { tree };
  };
  changes = (from: string, to: string) => changesBetween(this.#parts.shadow, from, to);
  diff = (from: string, to: string, options: { paths?: readonly string[]; limit: number }) =>
    readableDiff(this.#parts.shadow, from, to, options);
  blob = (id: string) => this.#parts.shadow.objects.blob(checkId(id));
  file = (tree: string, path: string) => readFileOf(this.#parts.shadow, tree, path);
  list = (tree: string) => listTree(this.#parts.shadow, tree);
  blobId = (bytes: Uint8Array) => blobId(bytes);
  patch = (base: Snapshot, tree: string) => patchTo(this.#parts.shadow, base, checkId(tree));
  replay = (patch: Patch, onto: Snapshot) => replay(this.#parts.shadow, patch, onto);
  ignored = () => this.#parts.project.ignored();
  skipped = (): readonly Skipped[] => {
    const astray = new Set([...this.#lanes.values()].flatMap((lane) => lane.astray));
    const packages = Array.from(astray, (path): Skipped => ({ path, reason: 'large package' }));
    return [...this.#snapshots.skipped, ...packages];
  };

  lane(name: LaneName, worker = 1): FolderLane {
    return this.#named(worker === 1 ? name : `${name}-${worker}`);
  }

  async tidy(): Promise<void> {
    // What more workers than there are now have left.
    await this.#empty((await this.#numbered()).filter((name) => !this.#lanes.has(name)));
    await tidy(this.#parts.shadow);
  }

  async shrink(): Promise<void> {
    await this.#empty([...laneNames, ...(await this.#numbered())]);
    await tidy(this.#parts.shadow, { looseObjects: 1, packs: 2, packedBytes: 0 });
  }

  async close(): Promise<void> {
    await this.#snapshots.idle();
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
    await this.#parts.shadow.objects.forget();
  }

  #named(name: string): FolderLane {
    const known = this.#lanes.get(name);
    if (known) return known;
    const lane = new FolderLane(name, this.#parts);
    this.#lanes.set(name, lane);
    return lane;
  }

  /** All are gone in one moment; the bytes go after it. */
  async #empty(names: readonly string[]): Promise<void> {
    const lanes = names.map((name) => this.#lanes.get(name) ?? new FolderLane(name, this.#parts));
    await Promise.all(lanes.map((lane) => lane.settled()));
    const aside = lanes.map((lane) => lane.moveAside());
    for (const name of names) await this.#parts.shadow.drop(name);
    for (const folder of aside) if (folder !== undefined) await removeTree(folder);
  }

  async #numbered(): Promise<readonly string[]> {
    const names = await readdir(this.#parts.lanesFolder).catch(() => []);
    return names.filter((name) => numbered.test(name));
  }
}
