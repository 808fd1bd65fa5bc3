import type { ChildProcess } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { resolve } from 'node:path';
import { execa, type Options } from 'execa';
import { MARKER } from './marker.ts';
import type { OutputMode, ProcessEnd, ProcessSpec } from './types.ts';

type CouldNotStart = Extract<ProcessEnd, { kind: 'could-not-start' }>;

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
}

const LOW_PRIORITY = 10;

/**
 * Starts the program as the leader of a session of its own.
 *
 * @returns the child, or why there is none; never throws or rejects.
 */
export function launch(spec: ProcessSpec, marker: string): Started | Promise<CouldNotStart> {
  try {
    const started = execa(spec.command, [...spec.args], optionsOf(spec, marker));
    const { pid, nodeChildProcess: child } = started;
    if (pid === undefined) return started.then(({ cause }) => explain(spec, cause));
    if (spec.lowPriority) lowerPriority(pid, spec.lowPriority === true ? LOW_PRIORITY : spec.lowPriority);
    return { child, pid };
  } catch (error) {
    return Promise.resolve(explain(spec, error));
  }
}

function optionsOf(spec: ProcessSpec, marker: string): Options {
  // Limits need to see the output, even the one that nobody wants.
  const isWatched = spec.idleTimeoutMs !== undefined || spec.outputLimitBytes !== undefined;
  const wire = (mode: OutputMode | undefined) => (mode?.kind === 'ignore' && !isWatched ? 'ignore' : 'pipe');
  const stdin = spec.stdin === undefined || spec.stdin === 'closed' ? 'ignore' : 'pipe';
  return {
    cwd: spec.cwd,
    // Node adds NODE_V8_COVERAGE to every environment that does not mention it.
    env: { NODE_V8_COVERAGE: undefined, ...spec.env, [MARKER]: marker },
    extendEnv: false,
    detached: true,
    shell: false,
    // Ends, limits and output are this room's own business: execa's buffer kills at 100 MB, its time limit runs on while paused.
    reject: false,
    buffer: false,
    cleanup: false,
    stripFinalNewline: false,
    stdio: [stdin, wire(spec.stdout), wire(spec.stderr)],
  };
}

/** As well as it goes: a process that keeps its priority is no reason to fail. */
function lowerPriority(pid: number, steps: number): void {
  try {
    setPriority(pid, steps);
    // Linux with autogroups weighs sessions against each other, and processes only inside their session: sched(7).
    if (process.platform === 'linux') writeFileSync(`/proc/${pid}/autogroup`, String(steps));
  } catch {
    // See above.
  }
}

/** In words for the person who wrote the command. A missing folder has the system's code of a missing program. */
function explain(spec: ProcessSpec, error: unknown): CouldNotStart {
  const { code = 'UNKNOWN', message = String(error) } = error as NodeJS.ErrnoException;
  const { command, cwd } = spec;
  const end = (name: string, text: string): CouldNotStart => ({ kind: 'could-not-start', code: name, message: text });
  const folder = look(cwd);
  if (folder === 'missing')
    return end('CWD_MISSING', `The folder ${cwd}, in which ${command} should run, does not exist.`);
  if (folder === 'file') return end('CWD_MISSING', `${cwd}, in which ${command} should run, is not a folder.`);
  const isPath = command.includes('/');
  const program = isPath ? look(resolve(cwd, command)) : 'unknown';
  if (code === 'EACCES' && program === 'folder') return end(code, `${command} is a folder, not a program.`);
  if (code === 'EACCES') return end(code, `There is no permission to run the program ${command} in the folder ${cwd}.`);
  if (code === 'E2BIG')
    return end(code, `The arguments and the environment of ${command} are too long for the system.`);
  if (code !== 'ENOENT') return end(code, `The program ${command} could not be started: ${message}`);
  if (program === 'file')
    return end(code, `${command} exists, but the interpreter that its first line names does not.`);
  if (isPath) return end(code, `The program ${command} does not exist.`);
  return end(code, `The program ${command} was not found in PATH (${spec.env.PATH ?? 'which is not set'}).`);
}

function look(path: string): 'missing' | 'folder' | 'file' | 'unknown' {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return 'missing';
    return found.isDirectory() ? 'folder' : 'file';
  } catch {
    return 'unknown';
  }
}
