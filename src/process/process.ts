import { Readable, Writable } from 'node:stream';
import { endFamily } from './control.ts';
import { Family, systemTable } from './family.ts';
import { launch } from './launch.ts';
import { elementsOf, MARKER, nestedMarker } from './marker.ts';
import { withReadOnly } from './read-only.ts';
import { NOBODY, Running, reasonOf } from './running.ts';
import type { ControlReport, ProcessEnd, ProcessResult, ProcessSpec, RunningProcess } from './types.ts';

export type * from './types.ts';

const RECOVERY_GRACE_MS = 2_000;

/** Starts a process in a session of its own. Never throws: what went wrong is the `end` of its result. */
export function start(spec: ProcessSpec): RunningProcess {
  const marker = nestedMarker([...systemTable.ownMarker(), ...elementsOf(spec.env[MARKER])]);
  if (spec.signal?.aborted) return notStarted(spec, marker, { kind: 'cancelled', reason: reasonOf(spec.signal) });
  const started = launch(withReadOnly(spec), marker);
  return started instanceof Promise ? notStarted(spec, marker, started) : new Running(spec, marker, started);
}

/** Starts a process and waits for its end. Never rejects. */
export function run(spec: ProcessSpec): Promise<ProcessResult> {
  return start(spec).result;
}

/**
 * Ends every process of this user that carries the marker, as a crashed agent may have left them, and their
 * descendants; never the calling process. Never rejects.
 */
export function reapMarked(marker: string): Promise<ControlReport> {
  return endFamily(new Family(marker), RECOVERY_GRACE_MS);
}

function notStarted(spec: ProcessSpec, marker: string, end: ProcessEnd | Promise<ProcessEnd>): RunningProcess {
  const empty = { stdout: '', stderr: '', droppedBytes: 0, durationMs: 0, activeMs: 0, reaped: 0, survivors: [] };
  const nobody = async () => NOBODY;
  return {
    pid: undefined,
    marker,
    stdin: spec.stdin === 'open' ? new Writable({ write: (_chunk, _encoding, done) => done() }) : undefined,
    stdout: spec.stdout?.kind === 'stream' ? Readable.from([]) : undefined,
    stderr: spec.stderr?.kind === 'stream' ? Readable.from([]) : undefined,
    result: (async () => ({ end: await end, ...empty }))(),
    pause: nobody,
    resume: nobody,
    cancel: nobody,
  };
}
