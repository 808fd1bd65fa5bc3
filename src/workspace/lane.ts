import { lstatSync, renameSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRealFolder, ownFolder, removeTree } from './folders.ts';
import { GitError } from './git.ts';
import { Links } from './links.ts';
import { checkId } from './objects.ts';
import { patchTo } from './patches.ts';
import { type BytePath, ignorePattern, isWithin, splitNul, toBytePath, toText } from './paths.ts';
import { PrivateIndex } from './private-index.ts';
import type { Project } from './project.ts';
import { ignoredBy } from './rules.ts';
import type { Shadow } from './shadow.ts';
import type { Shapes } from './shapes.ts';
import type { Lane, Patch, Snapshot } from './types.ts';

export interface LaneParts {
  readonly project: Project;
  readonly shadow: Shadow;
  readonly shapes: Shapes;
  readonly lanesFolder: string;
  /** Relative to the project's root: what the person has set, and the submodules of the last snapshot. */
  readonly laneLinks: readonly string[];
}

/**
 * A folder with an index of its own in the cache, and no `.git` in it: what runs there finds no repository to write to.
 * After a start of the agent the first move renews, since nobody knows what a crash left behind.
 */
export class FolderLane implements Lane {
  readonly name: string;
  readonly root: string;
  readonly #parts: LaneParts;
  readonly #index: PrivateIndex;
  readonly #links: Links;
  #at: Snapshot | undefined;
  #generation = -1;

  constructor(name: string, parts: LaneParts) {
    const { project, shadow, lanesFolder } = parts;
    this.name = name;
    this.root = join(lanesFolder, name);
    this.#parts = parts;
    this.#index = new PrivateIndex(shadow, `lane-${name}`, this.root);
    const { root, outerFolders } = project;
    this.#links = new Links({ root, outerFolders, laneLinks: () => parts.laneLinks }, this.root);
  }

  get linkedFrom(): readonly string[] {
    return this.#links.sources;
  }

  async move(to: Snapshot): Promise<void> {
    const isKnown = this.#at !== undefined && this.#generation === this.#parts.shadow.generation;
    if (!isKnown) return this.renew(to);
    this.#at = undefined;
    try {
      await ownFolder(this.root);
      await removeTree(join(this.root, '.git'));
      await this.#checkOut(to.tree, []);
      await this.#arrive(to);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      await this.renew(to);
    }
  }

  async renew(to: Snapshot): Promise<void> {
    this.#at = undefined;
    this.#links.forget();
    await mkdir(this.#parts.lanesFolder, { recursive: true, mode: 0o700 });
    await ownFolder(this.root);
    if (this.#generation !== this.#parts.shadow.generation) await this.#startOver();
    try {
      await this.#checkOutPristine(to.tree);
    } catch (error) {
      if (!(error instanceof GitError) || error.isAboutTheMachine) throw error;
      await this.#startOver();
      await this.#checkOutPristine(to.tree).catch((again) => {
        this.#parts.shadow.suspect();
        throw again;
      });
    }
    await this.#arrive(to);
  }

  /**
   * In one step, so that it is there as a whole or not at all; the next move builds it anew. Gives where it is now, for
   * whoever removes it.
   */
  moveAside(): string | undefined {
    this.#at = undefined;
    this.#generation = -1;
    if (!lstatSync(this.root, { throwIfNoEntry: false })) return undefined;
    const aside = `${this.root}.gone-${Date.now()}`;
    renameSync(this.root, aside);
    return aside;
  }

  async takePatch(base: Snapshot): Promise<Patch | undefined> {
    if (this.#at?.tree !== base.tree) throw new Error(`The lane ${this.name} does not stand on ${base.tree}`);
    const { shadow } = this.#parts;
    const [touched, added] = await Promise.all([this.#index.touched(), this.#newFiles(base.tree)]);
    await this.#index.update([...touched, ...added], []);
    const tree = await this.#index.writeTree();
    return tree === base.tree ? undefined : patchTo(shadow, base, tree);
  }

  async #arrive(to: Snapshot): Promise<void> {
    const { shadow, shapes } = this.#parts;
    await this.#links.keepUp(await shapes.of(to.tree));
    await shadow.keep(this.name, to.commit);
    this.#generation = shadow.generation;
    this.#at = to;
  }

  /** @param cleanOptions `-x` removes what the ignore rules exclude, too. */
  async #checkOut(tree: string, cleanOptions: readonly string[]): Promise<void> {
    const { shadow, project, laneLinks } = this.#parts;
    this.#index.forget();
    const readTree = ['read-tree', '--reset', '-u', checkId(tree)];
    await shadow.run(this.#index.place, readTree);
    const kept = cleanOptions.length > 0 ? [] : ['node_modules', ...laneLinks.map(ignorePattern)];
    const keep = kept.flatMap((pattern) => ['-e', pattern]);
    // Twice `-f`: a test may have made a repository.
    const clean = [...project.excludeSettings, 'clean', '-f', '-f', '-d', ...cleanOptions, ...keep];
    const { stdout } = await shadow.run(this.#index.place, clean);
    // A link in place of a folder can make moved files look like the right ones until it is gone.
    if (stdout.length > 0) await shadow.run(this.#index.place, readTree);
  }

  async #checkOutPristine(tree: string): Promise<void> {
    await removeTree(join(this.root, '.git'));
    await this.#checkOut(tree, ['-x']);
    // Git never lists or removes what is called `.git`, not even inside a folder of the snapshot.
    const { stdout } = await this.#parts.shadow.run({}, ['ls-tree', '-r', '-d', '-z', '--name-only', tree]);
    for (const folder of splitNul(stdout).map(toText)) {
      const path = join(this.root, folder, '.git');
      if (lstatSync(path, { throwIfNoEntry: false }) && isRealFolder(this.root, folder)) await removeTree(path);
    }
  }

  async #startOver(): Promise<void> {
    await removeTree(this.root);
    await ownFolder(this.root);
    await this.#index.discard();
  }

  /** Files that were made in the lane and that belong to the project by the rules of the snapshot. */
  async #newFiles(baseTree: string): Promise<BytePath[]> {
    const { shadow, project, laneLinks } = this.#parts;
    const { stdout } = await shadow.run(this.#index.place, ['ls-files', '-z', '-o', '-x', 'node_modules']);
    const links = laneLinks.map(toBytePath);
    const found = splitNul(stdout).filter(
      (path) => !path.endsWith('/') && !project.isAgents(path) && !links.some((link) => isWithin(path, link)),
    );
    const ignored = await ignoredBy(shadow, project, baseTree, found);
    return found.filter((path) => !ignored.has(path));
  }
}
