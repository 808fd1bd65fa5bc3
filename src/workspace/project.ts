import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { ExitCode, MendwatchError } from '../errors.ts';
import { type Git, GitError, type GitOutput, readSetting } from './git.ts';
import {
  type BytePath,
  ignorePattern,
  isInside,
  isWithin,
  joinNul,
  ownText,
  relativeTo,
  splitNul,
  temporaryFile,
  toBytePath,
  toText,
} from './paths.ts';
import type { Skipped } from './types.ts';

/** The repository that the project's root lies in. Only ever read. */
interface Repository {
  readonly gitDir: string;
  readonly topLevel: string;
  /** Of the root below `topLevel`: empty, or ends in `/`. */
  readonly prefix: string;
  /** `info/exclude`; need not exist. */
  readonly excludeFile: string;
}

export interface ProjectOptions {
  /** Real path. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute; never part of a snapshot. */
  readonly agentFolders: readonly string[];
  /** Used for its rules and settings where the project has no repository. */
  readonly shadowDir: string;
  readonly signal?: AbortSignal;
}

/** What belongs to the project at one moment. */
export interface Listing {
  readonly files: ReadonlySet<BytePath>;
  readonly skipped: readonly Skipped[];
}

const NO_FILE = '/dev/null';
/** In bytes. The system takes 4,096 for a whole path, and a lane may lie deeper than the project. */
const longestPath = 3_000;
const ABSENT = { gitDir: undefined } as const;

/** The project as its own git sees it: what is in it and what its rules exclude. */
export class Project {
  readonly root: string;
  readonly #git: Git;
  readonly #options: ProjectOptions;
  readonly #agentFolders: readonly string[];
  #repository: Repository | typeof ABSENT = ABSENT;
  #excludesFile = NO_FILE;
  #isLocated = false;

  constructor(git: Git, options: ProjectOptions) {
    this.#git = git;
    this.#options = options;
    this.root = options.root;
    this.#agentFolders = options.agentFolders.map((folder) => relativeTo(options.root, folder)).filter(isInside);
  }

  /** Looks for the repository, again when one has come or gone. Rejects for a bare one. */
  async locate(): Promise<void> {
    const { gitDir } = this.#repository;
    const isKnown = gitDir === undefined ? !existsSync(`${this.root}/.git`) : existsSync(gitDir);
    if (isKnown && this.#isLocated) return;
    this.#excludesFile = await this.#personalExcludes();
    this.#repository = await this.#findRepository();
    this.#isLocated = true;
  }

  get hasGit(): boolean {
    return this.#repository.gitDir !== undefined;
  }

  /** Of the root in its repository: empty, or ends in `/`. */
  get prefix(): string {
    return this.#repository.gitDir === undefined ? '' : this.#repository.prefix;
  }

  /** The settings with which a git command follows the person's own rules. */
  get excludeSettings(): readonly string[] {
    return ['-c', `core.excludesFile=${this.#excludesFile}`];
  }

  /** Whether a path (relative to the root) is in one of the agent's own folders. */
  isAgents(path: BytePath): boolean {
    return this.#agentFolders.some((folder) => isWithin(path, toBytePath(folder)));
  }

  /** The folders above the root, up to the top of the repository, nearest first. */
  get outerFolders(): readonly string[] {
    const depth = this.prefix.split('/').length - 1;
    return Array.from({ length: depth }, (_, index) => resolve(this.root, '../'.repeat(index + 1)));
  }

  /** The rules in the repository's `info/exclude`. */
  async ownExcludes(): Promise<string> {
    if (this.#repository.gitDir === undefined) return '';
    return readFile(this.#repository.excludeFile, 'utf8').catch(() => '');
  }

  /** @param paths only what is at or below these, relative to the root. */
  async list(paths: readonly string[] = []): Promise<Listing> {
    return (await this.look(paths)).listing();
  }

  /** As `list`, for whoever may know the answer already: to read it of 100,000 files takes a tenth of a second. */
  async look(paths: readonly string[] = []): Promise<{ readonly digest: string; readonly listing: () => Listing }> {
    const options = ['-z', '-t', '-s', '-c', '-o', '--exclude-standard', ...this.#pruned()];
    const { stdout, stderr } = await this.#listFiles([...options, '--', ...paths]);
    return {
      digest: createHash('sha1').update(stdout).update('\0').update(stderr).digest('hex'),
      listing: () => this.#parse(stdout, closedFolders(stderr, this.prefix)),
    };
  }

  async ignored(): Promise<readonly string[]> {
    const options = ['-z', '-o', '-i', '--directory', '--exclude-standard', ...this.#pruned()];
    const found = splitNul((await this.#listFiles(options)).stdout);
    const isOurs = (path: BytePath) => /(^|\/)node_modules\/?$/.test(path) || this.isAgents(path.replace(/\/$/, ''));
    // Git also lists a folder in which everything there is happens to be ignored: a new file in it would not be.
    const unclear = found.filter((path) => path.endsWith('/') && !isOurs(path));
    const excluded = unclear.length === 0 ? new Set<BytePath>() : await this.#matching(unclear);
    const ignored = found.filter((path) => !path.endsWith('/') || isOurs(path) || excluded.has(path));
    return [...new Set(['.git/', 'node_modules/', ...ignored.map(toText)])];
  }

  async #matching(paths: readonly BytePath[]): Promise<ReadonlySet<BytePath>> {
    const { stdout } = await this.#git({
      args: [...this.excludeSettings, 'check-ignore', '--no-index', '-z', '--stdin'],
      cwd: this.root,
      env: this.#location(),
      input: joinNul(paths),
      accept: [1],
    });
    return new Set(splitNul(stdout));
  }

  async head(): Promise<string | undefined> {
    const answer = await this.ask(['rev-parse', '--quiet', '--verify', 'HEAD^{commit}']);
    return answer?.toString('latin1').trim();
  }

  headStamp(): string {
    const { gitDir } = this.#repository;
    if (gitDir === undefined) return '';
    const timeOf = (file: string) => statSync(`${gitDir}/${file}`, { throwIfNoEntry: false, bigint: true })?.mtimeNs;
    try {
      return `${timeOf('HEAD')} ${timeOf('logs/HEAD')}`;
    } catch {
      return '';
    }
  }

  async origin(): Promise<string | undefined> {
    const answer = await this.ask(['config', '--get', 'remote.origin.url']);
    return answer?.toString('utf8').trim() || undefined;
  }

  /** What the project's repository answers; undefined without one, and where it does not know what is asked for. */
  async ask(args: readonly string[], input?: Uint8Array): Promise<Buffer | undefined> {
    if (this.#repository.gitDir === undefined) return undefined;
    const call = { args, cwd: this.root, env: this.#location(), accept: [1, 128] };
    const { code, stdout } = await this.#git(input === undefined ? call : { ...call, input });
    return code === 0 ? stdout : undefined;
  }

  /** What is never walked: packages are linked into lanes, and the agent must not look at itself. */
  #pruned(): string[] {
    const own = this.#agentFolders.map((folder) => ignorePattern(`${this.prefix}${folder}`));
    return ['node_modules', ...own].flatMap((pattern) => ['-x', pattern]);
  }

  async #listFiles(args: readonly string[]): Promise<GitOutput> {
    const call = {
      args: [...this.excludeSettings, '--literal-pathspecs', 'ls-files', ...args],
      cwd: this.root,
      env: this.#location(),
    };
    try {
      return await this.#git(call);
    } catch (error) {
      // Not a fault of the shadow, which would be built anew for it.
      if (error instanceof GitError && this.hasGit) throw this.#unreadable(error);
      throw error;
    }
  }

  #location(): Record<string, string> {
    const repository = this.#repository;
    if (repository.gitDir !== undefined) return { GIT_DIR: repository.gitDir, GIT_WORK_TREE: repository.topLevel };
    // No index: then everything that no rule excludes is listed as untracked.
    const { shadowDir } = this.#options;
    return { GIT_DIR: shadowDir, GIT_WORK_TREE: this.root, GIT_INDEX_FILE: `${shadowDir}/no-index` };
  }

  /** Lines of `ls-files -t -s`: `? path`, or `H <mode> <id> <stage>\tpath`. */
  #parse(output: Buffer, closed: readonly string[]): Listing {
    const tracked: BytePath[] = [];
    const untracked: BytePath[] = [];
    const skipped = new Map<BytePath, Skipped['reason']>();
    for (const line of splitNul(output)) {
      const isTracked = !line.startsWith('?');
      const path = ownText(isTracked ? line.slice(line.indexOf('\t') + 1) : line.slice(2));
      if (this.isAgents(path)) continue;
      if (isTracked && line.startsWith('160000', 2)) skipped.set(path, 'submodule');
      else if (path.endsWith('/')) skipped.set(path.slice(0, -1), 'nested repository');
      else if (path.length > longestPath) skipped.set(path, 'path too long');
      // `S`: outside a sparse checkout, so not in the tree.
      else if (isTracked && !line.startsWith('S')) tracked.push(path);
      else if (!isTracked && !temporaryFile.test(path)) untracked.push(path);
    }
    const files = new Set([...tracked, ...untracked]);
    for (const path of skipped.keys()) files.delete(path);
    const found = Array.from(skipped, ([path, reason]) => ({ path: toText(path), reason }));
    const why = (path: string): Skipped['reason'] => (path.length > longestPath ? 'path too long' : 'unreadable');
    return { files, skipped: [...found, ...closed.map((path) => ({ path, reason: why(path) }))] };
  }

  /** git-config(1), `core.excludesFile`: its default is `$XDG_CONFIG_HOME/git/ignore`. */
  async #personalExcludes(): Promise<string> {
    const { env, signal } = this.#options;
    const args = ['--path', '--get', 'core.excludesFile'];
    const named = await readSetting(env, this.root, args, signal);
    if (named) return resolve(this.root, named);
    const home = env.XDG_CONFIG_HOME || (env.HOME ? `${env.HOME}/.config` : undefined);
    return home === undefined ? NO_FILE : `${home}/git/ignore`;
  }

  async #findRepository(): Promise<Repository | typeof ABSENT> {
    const flags = ['--is-bare-repository', '--is-inside-git-dir', '--is-inside-work-tree', '--absolute-git-dir'];
    const found = await this.#revParse(flags);
    if (found === undefined) return ABSENT;
    const [isBare, isInsideGitDir, isInsideWorkTree, ...rest] = found.split('\n');
    const gitDir = rest.join('\n');
    if (isInsideGitDir === 'true' || (isBare === 'true' && isInsideWorkTree !== 'true')) throw this.#bare(gitDir);
    const [top, excludeFile] = await Promise.all([
      isInsideWorkTree === 'true' ? this.#revParse(['--show-toplevel']) : this.root,
      this.#revParse(['--git-path', 'info/exclude']),
    ]);
    const topLevel = await realpath(top ?? this.root);
    const below = relative(topLevel, this.root);
    if (below !== '' && (await this.#isIgnoredFrom(gitDir, topLevel))) return ABSENT;
    const path = resolve(this.root, excludeFile ?? `${gitDir}/info/exclude`);
    return { gitDir, topLevel, prefix: below === '' ? '' : `${below}/`, excludeFile: path };
  }

  /** A folder that an outer repository ignores (a home folder under git) is a project of its own, without git. */
  async #isIgnoredFrom(gitDir: string, topLevel: string): Promise<boolean> {
    const { code } = await this.#git({
      args: [...this.excludeSettings, 'check-ignore', '--quiet', '--', this.root],
      cwd: topLevel,
      env: { GIT_DIR: gitDir, GIT_WORK_TREE: topLevel },
      accept: [1],
    });
    return code === 0;
  }

  async #revParse(questions: readonly string[]): Promise<string | undefined> {
    try {
      const { stdout } = await this.#git({ args: ['rev-parse', ...questions], cwd: this.root });
      return stdout.toString('utf8').replace(/\n$/, '');
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (/not a git repository/.test(error.stderr)) return undefined;
      throw this.#unreadable(error);
    }
  }

  #unreadable(error: GitError): MendwatchError {
    return new MendwatchError(`The git repository of ${this.root} cannot be read: ${error.stderr.trim()}`, {
      exitCode: ExitCode.configuration,
      remedy: `Make "git status" work in ${this.root}.`,
      cause: error,
    });
  }

  #bare(gitDir: string): MendwatchError {
    return new MendwatchError(
      `${this.root} is in the git folder ${gitDir} and has no working tree: nothing to watch.`,
      {
        exitCode: ExitCode.configuration,
        remedy: 'Set PROJECT_ROOT to a clone or a worktree of this repository.',
      },
    );
  }
}

/** Folders that git could not look into: not ours to read, or deeper than the system takes a path for. */
function closedFolders(stderr: string, prefix: string): readonly string[] {
  const warnings = stderr.matchAll(/^warning: could not open directory '(.+?)\/?': (?!No such file|Not a directory)/gm);
  return Array.from(warnings, ([, path = '']) => (path.startsWith(prefix) ? path.slice(prefix.length) : path));
}
