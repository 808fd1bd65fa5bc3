import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Git, type GitCall, GitError, type GitOutput } from './git.ts';
import { ObjectStore } from './object-store.ts';

/** Where a command works: without `workTree` and `index` on objects alone. */
export interface Place {
  readonly workTree?: string;
  readonly index?: string;
}

/** Nothing of ours is converted or tidied away; large checkouts are written by two processes. */
const SETTINGS = `
[core]
	autocrlf = false
	safecrlf = false
	logAllRefUpdates = false
[gc]
	auto = 0
[checkout]
	workers = 2
	thresholdForParallelism = 1000
`;

/** Bytes are exact: whatever the tree's own `.gitattributes` say, these win (gitattributes(5), order of precedence). */
const ATTRIBUTES = '* -text -eol -filter -ident -working-tree-encoding\n';

/**
 * The private bare repository in the cache folder. It shares no objects with the project's (whose `gc --prune` would
 * take them away), holds nothing that must last, and is built anew when it cannot be read.
 */
export class Shadow {
  readonly dir: string;
  readonly objects: ObjectStore;
  /** Changes whenever the objects are lost; an index from before is worthless. */
  generation = 0;
  /** Whether `bigFileThreshold=1` gives one pack and not one for each file: since git 2.37. */
  packsLargeAdds = false;
  /** Whether git stores here what a file holds, under the name that it lists: names and modes mean the same everywhere. */
  isPlain = false;
  #isSuspect = false;
  readonly #git: Git;
  readonly #cacheFolder: string;

  constructor(git: Git, cacheFolder: string) {
    this.#git = git;
    this.#cacheFolder = cacheFolder;
    this.dir = join(cacheFolder, 'shadow.git');
    this.objects = new ObjectStore(join(this.dir, 'objects'), (args) =>
      git.open({ args, cwd: cacheFolder, env: { GIT_DIR: this.dir } }),
    );
  }

  async open(): Promise<void> {
    await this.#makeFolders();
    await this.#removeStale();
    const { stdout } = await this.#git({ args: ['version'], cwd: this.#cacheFolder });
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(stdout.toString('latin1')) ?? [];
    this.packsLargeAdds = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 37);
    if (existsSync(this.dir) && (await this.#isReadable())) await this.#readKind();
    else await this.rebuild();
  }

  /** A private index; its name is unique in the cache folder. */
  indexFile(name: string): string {
    return join(this.#cacheFolder, 'index', name);
  }

  /** An object is missing or broken: the next snapshot starts on a new repository. */
  suspect(): void {
    this.#isSuspect = true;
  }

  async healSuspected(): Promise<void> {
    if (this.#isSuspect || !existsSync(join(this.dir, 'HEAD'))) await this.rebuild();
  }

  /** All snapshots so far are lost; what is on disk in the lanes stays. */
  async rebuild(): Promise<void> {
    await this.#makeFolders();
    await this.objects.forget();
    const fresh = `${this.dir}.new`;
    await rm(fresh, { recursive: true, force: true });
    // An empty template: no hooks, no `info/exclude` of the distribution.
    const args = ['init', '--quiet', '--bare', '--object-format=sha1', '--template=', fresh];
    await this.#git({ args, cwd: this.#cacheFolder });
    await appendFile(join(fresh, 'config'), SETTINGS);
    await mkdir(join(fresh, 'info'), { recursive: true });
    await writeFile(join(fresh, 'info', 'attributes'), ATTRIBUTES);
    await rm(this.dir, { recursive: true, force: true });
    await rename(fresh, this.dir);
    await this.#readKind();
    this.generation += 1;
    this.#isSuspect = false;
  }

  /** Runs git on this repository. */
  run(place: Place, args: readonly string[], call: Omit<GitCall, 'args' | 'cwd'> = {}): Promise<GitOutput> {
    const env = {
      ...call.env,
      GIT_DIR: this.dir,
      ...(place.workTree === undefined ? {} : { GIT_WORK_TREE: place.workTree }),
      ...(place.index === undefined ? {} : { GIT_INDEX_FILE: place.index }),
    };
    return this.#git({ ...call, args, cwd: place.workTree ?? this.#cacheFolder, env });
  }

  /** Keeps a tree from being tidied away; written as gitrepository-layout(5) describes loose refs. */
  async keep(name: string, tree: string): Promise<void> {
    const file = join(this.dir, 'refs', 'mendwatch', name);
    await mkdir(join(file, '..'), { recursive: true });
    // Beside it, a file that a crash has left behind would be taken for a ref.
    const fresh = this.indexFile(`once-ref-${name}`);
    await writeFile(fresh, `${tree}\n`);
    await rename(fresh, file);
  }

  /** What was kept under this name may be tidied away. */
  async drop(name: string): Promise<void> {
    await rm(join(this.dir, 'refs', 'mendwatch', name), { force: true });
  }

  /** The rules that hold beside the `.gitignore` files. */
  async setExcludes(rules: string): Promise<void> {
    const file = join(this.dir, 'info', 'exclude');
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== rules) await writeFile(file, rules);
  }

  async #makeFolders(): Promise<void> {
    await mkdir(this.#cacheFolder, { recursive: true, mode: 0o700 });
    await mkdir(this.indexFile(''), { recursive: true });
  }

  async #isReadable(): Promise<boolean> {
    try {
      const { stdout } = await this.run({}, ['rev-parse', '--is-bare-repository']);
      return stdout.toString('latin1').trim() === 'true';
    } catch (error) {
      if (error instanceof GitError && !error.isAboutTheMachine) return false;
      throw error;
    }
  }

  /** What git has found out about the file system when it made the repository (git-config(1), `core`). */
  async #readKind(): Promise<void> {
    const { stdout } = await this.run({}, ['config', '--local', '--list', '-z']);
    const settings = new Map(
      stdout
        .toString('utf8')
        .split('\0')
        .map((line) => line.split('\n', 2) as [string, string | undefined]),
    );
    const odd = ['core.ignorecase', 'core.precomposeunicode'].some((name) => settings.get(name) === 'true');
    this.isPlain = !odd && settings.get('core.filemode') === 'true' && settings.get('core.symlinks') !== 'false';
  }

  /** Locks of a git that was killed, and indexes that were for one use. The folder is ours alone. */
  async #removeStale(): Promise<void> {
    for (const name of await readdir(this.indexFile(''))) {
      if (/\.lock$|^once-/.test(name)) await rm(this.indexFile(name), { recursive: true, force: true });
    }
  }
}
