import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join, resolve, sep } from 'node:path';
import { ExecutionRefusal } from '../domain/execution.ts';
import { splitWords } from './words.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

interface Found {
  /** As it is called: some programs act by the name they are called with. */
  readonly path: string;
  readonly real: string;
}

/** Programs that run whatever they are given: with one of them on the list, the list keeps nobody out. */
const launchers = new Set(
  [
    'sh bash dash zsh fish ksh csh tcsh ash rbash busybox toybox pwsh',
    'env xargs find nohup setsid timeout nice ionice chrt taskset stdbuf flock time strace ltrace gdb unshare nsenter',
    'chroot setpriv runuser sudo su doas pkexec systemd-run at batch crontab ssh rsync script expect watch parallel',
    'make cmake npm npx pnpm yarn corepack node nodejs deno bun tsx python perl ruby irb php lua tclsh java go cargo',
    'pip uv uvx pipx awk gawk mawk nawk sed ed ex vi vim nvim emacs nano less more man m4 bc git hg tar zip docker podman',
  ].flatMap((names) => names.split(' ')),
);

/** The programs that may be run, by name or by absolute path. */
export class AllowList {
  readonly #entries: readonly string[];
  readonly #path: readonly string[];

  /**
   * `path` is the PATH on which names are looked up. Entries that are not absolute do not count, nor do those that are
   * in the end in `workFolder`, by a link or by a detour: a command could have put a program there.
   */
  constructor(entries: readonly string[], path: string, workFolder: string) {
    this.#entries = entries;
    const work = realOf(workFolder);
    const isOutside = (folder: string) => folder !== work && !folder.startsWith(join(work, sep));
    this.#path = path.split(delimiter).filter((entry) => isAbsolute(entry) && isOutside(realOf(entry)));
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Entries that can be used to run any other program. */
  get launchers(): readonly string[] {
    return this.#entries.filter((entry) => launchers.has(basename(entry).replace(/-?[\d.]+$/, '')));
  }

  /** Entries that name nothing on this machine. */
  get missing(): readonly string[] {
    return this.#entries.filter((entry) => this.#find(entry) === undefined);
  }

  /** Why each of these will never be run. */
  get problems(): readonly string[] {
    return this.missing.map((entry) => `${entry} is allowed, but ${whyMissing(entry)}`);
  }

  /** Whether the name itself is on it, whatever there is on this machine. */
  has(name: string): boolean {
    return this.#entries.includes(name);
  }

  /**
   * The program that the command means, by the file that it is in the end.
   *
   * @throws ExecutionRefusal for shell syntax and for what is not on the list
   */
  resolve(command: string): Program {
    const split = splitWords(command);
    if ('problem' in split) {
      throw new ExecutionRefusal(
        'not-allowed',
        `The command holds ${split.problem}. With ALLOWED_COMMANDS commands run without a shell: only words and quotes are understood.`,
      );
    }
    const [name = '', ...args] = split.words;
    const allowed = this.#allowed(name);
    if (allowed === undefined) throw this.refusal(name);
    return { command: allowed.path, args };
  }

  refusal(name: string): ExecutionRefusal {
    const why = this.has(name)
      ? `is allowed, but ${whyMissing(name)}`
      : `is not one of the allowed commands: ${this.#entries.join(', ')}.`;
    return new ExecutionRefusal('not-allowed', `${JSON.stringify(shorten(name))} ${why}`);
  }

  #allowed(name: string): Found | undefined {
    if (!name.includes('/')) return this.#entries.includes(name) ? this.#find(name) : undefined;
    if (!isAbsolute(name)) return undefined;
    const meant = look(name);
    if (meant === undefined) return undefined;
    // By name too: behind one file there may be many programs, as with busybox.
    return this.#entries
      .map((entry) => this.#find(entry))
      .find((found) => found?.real === meant.real && basename(found.path) === basename(name));
  }

  #find(entry: string): Found | undefined {
    if (isAbsolute(entry)) return look(entry);
    if (entry.includes('/')) return undefined;
    for (const folder of this.#path) {
      const found = look(join(folder, entry));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function whyMissing(entry: string): string {
  if (isAbsolute(entry)) return 'is no program that can be run.';
  if (entry.includes('/')) return 'can never be meant: expected a name or an absolute path.';
  return 'is not on PATH outside of the project.';
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return resolve(folder);
  }
}

function look(path: string): Found | undefined {
  try {
    accessSync(path, constants.X_OK);
    const real = realpathSync(path);
    return statSync(real).isFile() ? { path, real } : undefined;
  } catch {
    return undefined;
  }
}

function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
