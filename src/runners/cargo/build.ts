import { join } from 'node:path';
import type { TestResult } from '../../domain/tests.ts';
import { firstProblem } from '../report/ends.ts';
import { loadFailure } from '../report/results.ts';
import { plainText } from '../report/text.ts';
import { type Built, type Reading, readMessages } from './messages.ts';
import type { Ended, Said, Session } from './session.ts';
import { dependents, keyOf, type Target, type Workspace } from './workspace.ts';

/** Flags that name targets to cargo, and what it makes of them. */
export interface Part {
  readonly flags: readonly string[];
  readonly programs: readonly Built[];
}

/** What was built; cargo has to be asked for the same parts again to run them. */
export interface Build {
  readonly kind: 'built';
  readonly parts: readonly Part[];
  readonly failures: readonly TestResult[];
  /** Folders of crates whose library cannot be built, and of those that need it. */
  readonly broken: ReadonlySet<string>;
  readonly libraries: readonly Built[];
  readonly tail: string;
}

const mostRounds = 12;
const problemLimit = 20_000;

/**
 * Builds the test programs of a whole workspace. Cargo stops at what does not compile: what it did not try then is asked
 * for again without it, so that one test that cannot be compiled takes no others with it.
 */
export async function build(session: Session, workspace: Workspace): Promise<Build | Ended> {
  const rounds = new Rounds(session, workspace);
  for (let round = 0; round < mostRounds; round++) {
    const done = await rounds.next();
    if (done !== undefined) return done;
  }
  return session.broken('configuration', `Cargo could not build the tests in ${mostRounds} rounds.`);
}

interface Wanted {
  readonly flags: readonly string[];
  readonly targets: readonly Target[];
}

class Rounds {
  readonly #session: Session;
  readonly #workspace: Workspace;
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #libraries = new Map<string, Built>();
  /** Why a target cannot be built, by its key. */
  readonly #problems = new Map<string, string>();
  /** Why the library of a crate cannot be built, by its folder; undefined where it can. */
  readonly #broken = new Map<string, string | undefined>();

  constructor(session: Session, workspace: Workspace) {
    this.#session = session;
    this.#workspace = workspace;
    const targets = workspace.crates.flatMap((crate) => crate.targets);
    this.#targets = new Map(targets.map((target) => [keyOf(target), target]));
  }

  /** Asks for all that is not known to be broken. Undefined: more was found to be broken. */
  async next(): Promise<Build | Ended | undefined> {
    const parts: Part[] = [];
    let tail = '';
    for (const wanted of this.#wanted()) {
      const said = await this.#cargo(['test', '--no-run', ...wanted.flags]);
      if (said.kind === 'ended') return said;
      const reading = readMessages(said.stdout, this.#session.root);
      for (const library of reading.libraries) this.#libraries.set(library.key, library);
      if (said.code !== 0) return this.#blame(said, reading, wanted);
      parts.push({ flags: wanted.flags, programs: reading.programs });
      tail = said.tail;
    }
    return {
      kind: 'built',
      parts: parts.filter(({ programs }) => programs.length > 0),
      failures: this.#failures(),
      broken: this.#blocked(),
      libraries: [...this.#libraries.values()],
      tail,
    };
  }

  /**
   * The same crates each time, however few are to run, since what features a crate is built with depends on who else is
   * built. No flag names what is known to be broken.
   */
  #wanted(): readonly Wanted[] {
    const { crates, isWhole } = this.#workspace;
    const all = crates.flatMap(({ targets }) => targets);
    if (this.#problems.size === 0 && isWhole) return [{ flags: ['--workspace', '--tests'], targets: all }];
    const sound: { flags: string[]; targets: Target[] } = { flags: [], targets: [] };
    const others: Wanted[] = [];
    for (const { spec, targets } of crates) {
      const left = targets.filter((target) => !this.#problems.has(keyOf(target)));
      if (left.length === targets.length && left.length > 0) {
        sound.flags.push('-p', spec);
        sound.targets.push(...left);
        continue;
      }
      // Asked for by name, cargo refuses what its features leave out.
      const named = left.filter(({ isOptional }) => !isOptional);
      if (named.length > 0) others.push({ flags: ['-p', spec, ...named.flatMap(flagsOf)], targets: named });
    }
    return sound.flags.length === 0 ? others : [{ ...sound, flags: [...sound.flags, '--tests'] }, ...others];
  }

  /** Whose fault it is that cargo failed. Where it is not the project's, there is nothing to report. */
  async #blame(said: Said, { errors, programs }: Reading, { targets }: Wanted): Promise<Ended | undefined> {
    const before = this.#problems.size;
    const foreign = errors.find(({ key, text }) => /^(?:\.\.|\/)/.test(key) || isOfTheMachine(text));
    if (foreign !== undefined) return this.#cannot(said, foreign.text);
    for (const { key, text } of errors) this.#note(key, text);
    const script = /failed to run custom build command for `\S+ \S+ \(([^)\n]+)\)`[\s\S]*/.exec(said.stderr);
    const folder = this.#workspace.crates.find((each) => join(this.#session.root, each.folder) === script?.[1])?.folder;
    if (folder !== undefined) this.#broken.set(folder, `error: ${script?.[0]}`);
    const ended = await this.#tryLibraries();
    if (ended !== undefined) return ended;
    this.#block();
    if (this.#problems.size > before) return undefined;
    // Nothing new: what was asked for and not built cannot be had, for a reason that was told before.
    const built = new Set(programs.map(({ key }) => key));
    const left = targets.filter((target) => !built.has(keyOf(target)));
    if (before === 0 || left.length === 0) return this.#cannot(said, said.stderr);
    for (const target of left) this.#problems.set(keyOf(target), errors[0]?.text ?? firstProblem(said.stderr));
    return undefined;
  }

  #note(key: string, text: string): void {
    if (this.#targets.has(key)) {
      const earlier = this.#problems.get(key);
      if (earlier === undefined) this.#problems.set(key, text);
      else if (earlier.length < problemLimit && !earlier.includes(text)) this.#problems.set(key, `${earlier}\n${text}`);
      return;
    }
    // A build script, or a library without tests of its own.
    const [file = ''] = key.split('|');
    const [nearest] = this.#workspace.crates
      .filter(({ folder }) => folder === '' || file.startsWith(`${folder}/`))
      .sort((one, other) => other.folder.length - one.folder.length);
    if (nearest !== undefined) this.#broken.set(nearest.folder, text);
  }

  /** A library may be broken for its own tests alone, or for all who need it. */
  async #tryLibraries(): Promise<Ended | undefined> {
    for (const { spec, folder, targets } of this.#workspace.crates) {
      const library = targets.find((each) => each.kind === 'lib' && this.#problems.has(keyOf(each)));
      if (library === undefined || this.#broken.has(folder)) continue;
      const said = await this.#cargo(['build', '--lib', '-p', spec]);
      if (said.kind === 'ended') return said;
      this.#broken.set(folder, said.code === 0 ? undefined : this.#problems.get(keyOf(library)));
    }
    return undefined;
  }

  /** What needs a broken library cannot be built either. */
  #block(): void {
    for (const [broken, text] of this.#broken) {
      if (text === undefined) continue;
      const blocked = dependents(this.#workspace.crates, new Set([broken]));
      for (const [key] of this.#keysIn(blocked)) if (!this.#problems.has(key)) this.#problems.set(key, text);
    }
  }

  #blocked(): ReadonlySet<string> {
    const broken = [...this.#broken].filter(([, text]) => text !== undefined).map(([folder]) => folder);
    return dependents(this.#workspace.crates, new Set(broken));
  }

  #keysIn(folders: ReadonlySet<string>): readonly (readonly [string, Target])[] {
    const crates = this.#workspace.crates.filter(({ folder }) => folders.has(folder));
    return crates.flatMap(({ targets }) => targets.map((target) => [keyOf(target), target] as const));
  }

  #failures(): readonly TestResult[] {
    const failures = new Map<string, TestResult>();
    for (const [key, text] of this.#problems) {
      const file = this.#targets.get(key)?.file ?? '';
      const failure = loadFailure('cargo', file, plainText(text, this.#session.root).trim());
      if (!failures.has(failure.id)) failures.set(failure.id, failure);
    }
    return [...failures.values()];
  }

  #cannot(said: Said, text: string): Ended {
    const detail = `Cargo could not build the tests (exit code ${said.code}): ${firstProblem(text)}`;
    return this.#session.broken('configuration', detail, said.tail);
  }

  #cargo([command = '', ...args]: readonly string[]): Promise<Said | Ended> {
    const folder = join(this.#session.root, this.#workspace.folder);
    return this.#session.cargo([command, '--message-format=json', ...args], folder, () => ' Cargo was still building.');
  }
}

/** No fault of what is compiled. */
function isOfTheMachine(text: string): boolean {
  return /linker `[^`]*` not found|No space left on device/.test(text);
}

function flagsOf({ kind, name }: Target): readonly string[] {
  return kind === 'lib' ? ['--lib'] : [`--${kind}`, name];
}
