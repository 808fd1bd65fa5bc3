import { existsSync } from 'node:fs';
import { BesideIndex } from './beside-index.ts';
import { GitError, ProjectGoneError } from './git.ts';
import type { Look } from './look.ts';
import { ancestorsOf, type BytePath, isAtOrIn, relativeTo, toBytePath, toText } from './paths.ts';
import { PrivateIndex } from './private-index.ts';
import type { Listing, Project } from './project.ts';
import type { Shadow } from './shadow.ts';
import { type Shapes, shapeOf } from './shapes.ts';
import type { Skipped, Snapshot } from './types.ts';

/** The tree may change while it is read; then it is read again. */
const TREE_TRIES = 6;
const SHADOW_TRIES = 3;
/** Beyond this the whole tree is as quick, and arguments have a limit of length. */
const MAX_NAMED_PATHS = 200;

/** Paths that only the project has, and that only the index has. */
interface News {
  /** What was compared. */
  readonly of: string;
  readonly come: ReadonlySet<BytePath>;
  readonly gone: ReadonlySet<BytePath>;
  readonly skipped: Listing['skipped'];
}

/** Takes the project's working tree into the shadow repository, one snapshot after the other. */
export class Snapshots {
  readonly #project: Project;
  readonly #shadow: Shadow;
  readonly #shapes: Shapes;
  readonly #index: PrivateIndex;
  readonly #beside: BesideIndex;
  #generation = -1;
  #last: Snapshot | undefined;
  #skipped: readonly Skipped[] = [];
  #news: News | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(project: Project, shadow: Shadow, shapes: Shapes) {
    this.#project = project;
    this.#shadow = shadow;
    this.#shapes = shapes;
    this.#index = new PrivateIndex(shadow, 'project', project.root);
    this.#beside = new BesideIndex(shadow, this.#index);
  }

  get skipped(): readonly Skipped[] {
    return this.#skipped;
  }

  take(paths?: readonly string[]): Promise<Snapshot> {
    const turn = this.#queue.then(() => this.#take(paths));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async idle(): Promise<void> {
    await this.#queue;
  }

  async #take(paths: readonly string[] | undefined): Promise<Snapshot> {
    await this.#shadow.healSuspected();
    const failures = { tree: 0, shadow: 0 };
    for (;;) {
      try {
        const isFirst = failures.tree + failures.shadow === 0;
        return await this.#attempt(isFirst ? paths : undefined, failures.tree > 0);
      } catch (error) {
        // A part of the change may be in the index by now: the next look must not take its own "nothing new" for the last
        // snapshot, nor what the index held before for what it holds.
        this.#index.forget();
        this.#last = undefined;
        this.#beside.forget();
        if (!existsSync(this.#project.root)) throw new ProjectGoneError(this.#project.root);
        if (!(error instanceof GitError) || error.isAboutTheMachine) throw error;
        failures[error.isAboutTheTree ? 'tree' : 'shadow'] += 1;
        if (failures.tree === TREE_TRIES || failures.shadow === SHADOW_TRIES) throw error;
        if (error.isAboutTheTree) continue;
        // First the index may be broken, then the repository.
        await this.#index.discard();
        if (failures.shadow > 1) await this.#shadow.rebuild();
      }
    }
  }

  async #attempt(paths: readonly string[] | undefined, isRestless: boolean): Promise<Snapshot> {
    if (this.#generation !== this.#shadow.generation) {
      this.#last = undefined;
      this.#beside.forget();
      // The objects that an index of another generation names are gone.
      if (this.#shadow.generation > 0) await this.#index.discard();
      this.#generation = this.#shadow.generation;
    }
    const named = this.#last === undefined ? undefined : this.#named(paths);
    const tree =
      (named === undefined ? undefined : await this.#namedTree(named)) ?? (await this.#wholeTree(isRestless));
    if (this.#last?.tree !== tree) {
      if (this.#last !== undefined) await this.#shapes.of(tree, this.#last.tree);
      else this.#shapes.remember(tree, shapeOf(await this.#index.members()));
      await this.#shadow.keep('last', tree);
      this.#last = { tree };
    }
    return this.#last;
  }

  async #wholeTree(isRestless: boolean): Promise<string> {
    const look = await this.#lookAtAll();
    if (!isRestless && this.#last !== undefined) {
      const tree = await this.#beside.tree(look);
      if (tree !== undefined) return tree;
    }
    const hasChanged = await this.#index.absorb(look, isRestless);
    if (!hasChanged && this.#beside.isEmpty && this.#last !== undefined) return this.#last.tree;
    const tree = await this.#index.writeTree();
    await this.#shadow.keep('index', tree);
    this.#beside.startFrom(tree);
    return tree;
  }

  /** Relative paths, or undefined when the whole tree has to be looked at. */
  #named(paths: readonly string[] | undefined): string[] | undefined {
    if (paths === undefined || paths.length > MAX_NAMED_PATHS) return undefined;
    const named = paths.map((path) => relativeTo(this.#project.root, path)).filter((path) => path !== undefined);
    // A rule that comes or goes concerns files that nobody named.
    if (named.some((path) => path === '' || /(^|\/)\.gitignore$/.test(path))) return undefined;
    return named;
  }

  async #lookAtAll(): Promise<Look> {
    await this.#project.locate();
    const rules = await this.#project.ownExcludes();
    await this.#shadow.setExcludes(`${rules}\nnode_modules\n`);
    const [found, touched] = await Promise.all([this.#project.look(), this.#index.touched()]);
    const members = await this.#index.members();
    const news = this.#newsOf(found, members);
    const isThere = (path: BytePath): boolean => (members.has(path) ? !news.gone.has(path) : news.come.has(path));
    const look = await this.#index.look(new Set([...touched.filter(isThere), ...news.come]), news.gone);
    const skip = (reason: Skipped['reason']) => (path: BytePath) => ({ path: toText(path), reason });
    const { unreadable, tooLarge } = look;
    this.#skipped = [...news.skipped, ...unreadable.map(skip('unreadable')), ...tooLarge.map(skip('too large'))];
    return look;
  }

  /** How the project's files differ from those of the index, compared anew only when one of the two has changed. */
  #newsOf({ digest, listing }: Awaited<ReturnType<Project['look']>>, members: ReadonlySet<BytePath>): News {
    const of = `${digest} ${this.#index.version}`;
    if (this.#news?.of !== of) {
      const { files, skipped } = listing();
      const come = new Set([...files].filter((path) => !members.has(path)));
      this.#news = { of, skipped, come, gone: new Set([...members].filter((path) => !files.has(path))) };
    }
    return this.#news;
  }

  /** Undefined where that is more than is kept beside the index. */
  async #namedTree(named: readonly string[]): Promise<string | undefined> {
    if (named.length === 0) return this.#last?.tree;
    const listing: Listing = await this.#project.list(named);
    const scope = new Set(named.map(toBytePath));
    const members = await this.#index.members();
    const gone = [...members].filter((path) => !listing.files.has(path) && isAtOrIn(path, scope));
    // What is above a named path may have been a file before.
    const above = [...scope].flatMap(ancestorsOf).filter((at) => members.has(at) || this.#beside.has(at));
    const look = await this.#index.look(new Set([...listing.files, ...above]), gone);
    return this.#beside.tree(look, (path) => isAtOrIn(path, scope) || above.includes(path));
  }
}
