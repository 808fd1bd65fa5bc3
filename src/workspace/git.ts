import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExitCode, MendwatchError } from '../errors.ts';
import { start } from '../process/process.ts';
import type { ProcessEnd, RunningProcess } from '../process/types.ts';

export interface GitCall {
  readonly args: readonly string[];
  readonly cwd: string;
  /** Beside the environment of every call: `GIT_DIR` and its like. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  /** Exit codes beside 0 that are an answer and not a failure. */
  readonly accept?: readonly number[];
  /** Stop reading after this much output; what was read so far is the answer. */
  readonly cutBytes?: number;
}

export interface GitOutput {
  readonly code: number;
  /** Bytes, because names of files need not be text. */
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly cut: boolean;
}

export interface Git {
  /** Runs git to its end. Rejects with a `GitError`, or with the signal's reason. */
  (call: GitCall): Promise<GitOutput>;
  /** Starts one that answers questions on its input until that is closed. */
  open(call: Omit<GitCall, 'input' | 'accept' | 'cutBytes'>): RunningProcess;
}

const ofDisk = 'Free some space there, or set CACHE_DIR to a folder on another disk.';
/** Faults that a new repository would not mend, in our words, with what to do. */
const ofMachine: readonly (readonly [pattern: RegExp, what: string, remedy: string])[] = [
  [/No space left/i, 'the disk is full', ofDisk],
  [/Disk quota/i, 'this user has no room left on the disk', ofDisk],
  [
    /Read-only file system/i,
    'the disk is read-only',
    'Make it writable, or set CACHE_DIR to a folder on another disk.',
  ],
  [/Too many open files/i, 'too many files are open', 'Raise the limit of open files (ulimit -n), or close programs.'],
  [/Cannot allocate|out of memory/i, 'the machine has no memory left', 'Close programs that need much of it.'],
];

/** Git could not do what was asked; `stderr` is what it said. */
export class GitError extends MendwatchError {
  override readonly name = 'GitError';
  readonly stderr: string;

  /** @param place where the copies of the project are kept */
  constructor(args: readonly string[], reason: string, stderr: string, place = 'the folder of CACHE_DIR') {
    const [, what, remedy] = ofMachine.find(([pattern]) => pattern.test(stderr)) ?? [];
    if (what === undefined || remedy === undefined) {
      super(`git ${commandOf(args)} ${reason}${stderr === '' ? '' : `: ${stderr.trim()}`}`);
    } else {
      const message = `The copy of the project in ${place} could not be brought up to date: ${what}.`;
      // Where it happens beside other work, the message alone is told.
      super(`${message} ${remedy}`);
    }
    this.stderr = stderr;
  }

  /** A new repository would not help: the disk is full, or we may not write. */
  get isAboutTheMachine(): boolean {
    return ofMachine.some(([pattern]) => pattern.test(this.stderr));
  }

  /** A file was changed or removed while git read it: to be tried again. */
  get isAboutTheTree(): boolean {
    return (
      /Unable to process path/.test(this.stderr) && !/unable to (write|create)|adding an object/i.test(this.stderr)
    );
  }
}

/** Renamed or unmounted: nothing can be said about it until it is back. */
export class ProjectGoneError extends MendwatchError {
  override readonly name = 'ProjectGoneError';

  constructor(root: string) {
    super(`The folder ${root} is gone.`, { remedy: 'Put it back, or stop Mendwatch.' });
  }
}

const TIMEOUT_MS = 10 * 60_000;
const MAX_OUTPUT_BYTES = 512 * 1024 * 1024;
const STDERR_BYTES = 64 * 1024;
/** Of those that are in a snapshot: with less room left, one may not fit any more. */
const LARGEST_FILE_BYTES = 64 * 1024 * 1024;

/**
 * What no call may do, whatever the person's or the project's configuration says: run a program of theirs (hooks,
 * fsmonitor), fetch, tidy up, or wait for an answer. The order of precedence is that of git-config(1): `-c` wins.
 */
const ALWAYS = [
  ...['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'core.attributesFile=/dev/null', 'core.splitIndex=false'],
  ...['gc.auto=0', 'maintenance.auto=false', 'submodule.recurse=false', 'safe.directory=*'],
].flatMap((setting) => ['-c', setting]);

/**
 * @param env the person's environment; its `GIT_*` variables (a hook that started us sets some) are dropped.
 * @param home an empty folder, since git before 2.32 knows no `GIT_CONFIG_GLOBAL` and reads `$HOME/.gitconfig`.
 */
export function createGit(env: Readonly<Record<string, string>>, home: string, signal?: AbortSignal): Git {
  const base = { ...withoutGit(env), HOME: home, XDG_CONFIG_HOME: home, ...FIXED_ENVIRONMENT };
  const run = (call: GitCall): Promise<GitOutput> =>
    runGit([...ALWAYS, ...call.args], call, { ...base, ...call.env }, signal);
  const open: Git['open'] = ({ args, cwd, env: more }) =>
    start({
      command: 'git',
      args: [...ALWAYS, ...args],
      cwd,
      env: { ...base, ...more },
      stdin: 'open',
      stdout: { kind: 'stream' },
      stderr: { kind: 'collect', limitBytes: STDERR_BYTES },
      ...(signal === undefined ? {} : { signal }),
    });
  return Object.assign(run, { open });
}

/**
 * One value of the person's own configuration, read as data: `git config` starts no program.
 *
 * @returns undefined when it is not set or cannot be read.
 */
export async function readSetting(
  env: Readonly<Record<string, string>>,
  cwd: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  const own = { ...withoutGit(env), LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0' };
  const full = ['config', ...args];
  const { code, stdout } = await runGit(full, { args: full, cwd, accept: [1, 3, 128] }, own, signal);
  return code === 0 ? stdout.toString('utf8').replace(/\n$/, '') : undefined;
}

const FIXED_ENVIRONMENT = {
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  // A list of transports that holds none: a partial clone must not fetch.
  GIT_ALLOW_PROTOCOL: 'none',
};

function withoutGit(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')));
}

/** `ls-files` of `-c a=b --literal-pathspecs ls-files …`. */
function commandOf(args: readonly string[]): string {
  return args.find((arg, at) => !arg.startsWith('-') && args[at - 1] !== '-c') ?? '';
}

async function runGit(
  args: readonly string[],
  call: GitCall,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<GitOutput> {
  signal?.throwIfAborted();
  const process = start({
    command: 'git',
    args,
    cwd: call.cwd,
    env,
    stdin: call.input === undefined ? 'closed' : { data: call.input },
    stdout: { kind: 'stream' },
    stderr: { kind: 'collect', limitBytes: STDERR_BYTES },
    timeoutMs: TIMEOUT_MS,
    outputLimitBytes: MAX_OUTPUT_BYTES,
    ...(signal === undefined ? {} : { signal }),
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let cut = false;
  for await (const chunk of process.stdout ?? []) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (call.cutBytes === undefined || size <= call.cutBytes) continue;
    cut = true;
    await process.cancel('enough output');
    break;
  }
  const { end, stderr } = await process.result;
  const stdout = Buffer.concat(chunks);
  if (cut) return { code: 0, stdout: stdout.subarray(0, call.cutBytes), stderr, cut };
  if (end.kind === 'exited' && (end.code === 0 || call.accept?.includes(end.code))) {
    return { code: end.code, stdout, stderr, cut };
  }
  signal?.throwIfAborted();
  const place = env.GIT_DIR === undefined ? undefined : dirname(env.GIT_DIR);
  throw failure(call.args, end, `${stderr}${place === undefined ? '' : await whyNotWritten(stderr, place)}`, place);
}

/** Of files that it checks out git says only that it could not write them. */
async function whyNotWritten(stderr: string, place: string): Promise<string> {
  if (!/unable to write/.test(stderr)) return '';
  const disk = await statfs(place).catch(() => undefined);
  if (disk === undefined) return '';
  const { bavail, bsize, files, ffree } = disk;
  const isFull = bavail * bsize < LARGEST_FILE_BYTES || (files > 0 && ffree === 0);
  return isFull ? '\nNo space left on device' : '';
}

/** What an end means that is no answer. */
export function failure(args: readonly string[], end: ProcessEnd, stderr: string, place?: string): MendwatchError {
  if (end.kind === 'could-not-start' && end.code === 'ENOENT') {
    return new MendwatchError(`The program git was not found. ${end.message}`, {
      exitCode: ExitCode.configuration,
      remedy: 'Install git 2.30 or newer, or put its folder into PATH.',
    });
  }
  switch (end.kind) {
    case 'exited':
      return new GitError(args, `failed with exit code ${end.code}`, stderr, place);
    case 'signalled':
      return new GitError(args, `was ended by ${end.signal}`, stderr, place);
    case 'timed-out':
      return new GitError(args, `was ended after ${end.afterMs} ms`, stderr, place);
    case 'output-limit':
      return new GitError(args, `printed more than ${end.limitBytes} bytes`, stderr, place);
    case 'cancelled':
      return new GitError(args, `was cancelled (${end.reason})`, stderr, place);
    case 'could-not-start':
      return new GitError(args, `could not start (${end.message})`, stderr, place);
  }
}
