import { lstatSync, renameSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BesideIndex } from './beside-index.ts';
import { isRealFolder, ownFolder, removeTree } from './folders.ts';
import { GitError } from './git.ts';
import { Links } from './links.ts';
import { type Look, lookAt } from './look.ts';
import { checkId } from './objects.ts';
import { patchTo } from './patches.ts';
import { type BytePath, ignorePattern, isWithin, splitNul, toBytePath, toText } from './paths.ts';
import { PrivateIndex } from './private-index.ts';
import type { Project } from './project.ts';
import { ignoredBy } from './rules.ts';
import type { Shadow } from './shadow.ts';
import type { Shapes } from './shapes.ts';
import { compareTrees } from './trees.ts';
import type { Lane, Patch, Snapshot } from './types.ts';
import { writeDifferences } from './write-differences.ts';

/** From here on git is as quick. */
const MAX_WRITTEN = 200;

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
  /** What its index holds. */
  #indexTree = '';
  /** Nothing has run in it since it was made equal to `#at`. */
  #isUntouched = false;
  #generation = -1;
  #queue: Promise<unknown> = Promise.resolve();

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

  /** Packages that are linked although they load the project's own, and so those of the person's tree. */
  get astray(): readonly string[] {
    return this.#links.tooLarge;
  }

  move(to: Snapshot): Promise<void> {
    return this.#inTurn(() => this.#move(to));
  }

  renew(to: Snapshot): Promise<void> {
    return this.#inTurn(() => this.#renew(to));
  }

  ready(to: Snapshot, how: 'move' | 'renew' = 'move'): Promise<void> {
    return this.#inTurn(async () => {
      await (how === 'move' ? this.#move(to) : this.#renew(to));
      this.#isUntouched = true;
    });
  }

  async settled(): Promise<void> {
    await this.#queue;
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(act);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #move(to: Snapshot): Promise<void> {
    const from = this.#generation === this.#parts.shadow.generation ? this.#at : undefined;
    const isUntouched = this.#isUntouched;
    this.#isUntouched = false;
    this.#at = undefined;
    if (from === undefined) return this.#renew(to);
    try {
      await ownFolder(this.root);
      const isWritten = isUntouched && (await this.#writeDifferences(from, to));
      if (!isWritten) {
        await removeTree(join(this.root, '.git'));
        // What was written past it and is ignored would be nobody's to remove.
        if (this.#indexTree !== from.tree && from.tree !== to.tree) await this.#readIntoIndex(from.tree);
        await this.#checkOut(to.tree, []);
      }
      await this.#arrive(to, from);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      await this.#renew(to);
    }
  }

  /** Gives false where git has to do it. */
  async #writeDifferences(from: Snapshot, to: Snapshot): Promise<boolean> {
    const { objects, isPlain } = this.#parts.shadow;
    if (!isPlain) return false;
    const differences = await compareTrees(objects, from.tree, to.tree);
    return differences.length <= MAX_WRITTEN && writeDifferences(objects, this.root, differences);
  }

  async #renew(to: Snapshot): Promise<void> {
    this.#at = undefined;
    this.#isUntouched = false;
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
    this.#isUntouched = false;
    this.#generation = -1;
    if (!lstatSync(this.root, { throwIfNoEntry: false })) return undefined;
    const aside = `${this.root}.gone-${Date.now()}`;
    renameSync(this.root, aside);
    return aside;
  }

  async takePatch(base: Snapshot): Promise<Patch | undefined> {
    if (this.#at?.tree !== base.tree) throw new Error(`The lane ${this.name} does not stand on ${base.tree}`);
    const { shadow } = this.#parts;
    // Differences were written past it.
    if (this.#indexTree !== base.tree) await this.#readIntoIndex(base.tree);
    const [touched, added] = await Promise.all([this.#index.touched(), this.#newFiles(base.tree)]);
    const known = new Set(touched);
    const look = await lookAt(this.root, [...touched, ...added], [], (path) => known.has(path));
    const beside = new BesideIndex(shadow, this.#index);
    beside.startFrom(base.tree);
    const tree = (await beside.tree(look)) ?? (await this.#absorb(look));
    return tree === base.tree ? undefined : patchTo(shadow, base, tree);
  }

  async #absorb(look: Look): Promise<string> {
    this.#indexTree = '';
    await this.#index.absorb(look);
    return this.#index.writeTree();
  }

  async #readIntoIndex(tree: string): Promise<void> {
    this.#index.forget();
    await this.#parts.shadow.run(this.#index.place, ['read-tree', '--reset', '-i', checkId(tree)]);
    this.#indexTree = tree;
  }

  async #arrive(to: Snapshot, from?: Snapshot): Promise<void> {
    const { shadow, shapes } = this.#parts;
    await this.#links.keepUp(await shapes.of(to.tree, from?.tree));
    await shadow.keep(this.name, to.tree);
    this.#generation = shadow.generation;
    this.#at = to;
  }

  /** @param cleanOptions `-x` removes what the ignore rules exclude, too. */
  async #checkOut(tree: string, cleanOptions: readonly string[]): Promise<void> {
    const { shadow, project, laneLinks } = this.#parts;
    this.#index.forget();
    this.#indexTree = '';
    const readTree = ['read-tree', '--reset', '-u', checkId(tree)];
    await shadow.run(this.#index.place, readTree);
    const kept = cleanOptions.length > 0 ? [] : ['node_modules', ...laneLinks.map(ignorePattern)];
    const keep = kept.flatMap((pattern) => ['-e', pattern]);
    // Twice `-f`: a test may have made a repository.
    const clean = [...project.excludeSettings, 'clean', '-f', '-f', '-d', ...cleanOptions, ...keep];
    const { stdout } = await shadow.run(this.#index.place, clean);
    // A link in place of a folder can make moved files look like the right ones until it is gone.
    if (stdout.length > 0) await shadow.run(this.#index.place, readTree);
    this.#indexTree = tree;
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
    this.#indexTree = '';
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
