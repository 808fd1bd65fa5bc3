import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const everyBytes = 4 * 1024 * 1024;

let sinceBytes = 0;
let collect: ((options: { type: 'minor' }) => void) | undefined;

/**
 * Tells that so many bytes have passed through. To V8 a buffer of 64 KiB is an object of a hundred bytes, so that it
 * lets tens of megabytes of them pile up in a flood before it looks; a small collection takes them away in a millisecond.
 */
export function sweepBuffers(passedBytes: number): void {
  sinceBytes += passedBytes;
  if (sinceBytes < everyBytes) return;
  sinceBytes = 0;
  collect ??= exposeCollector();
  collect({ type: 'minor' });
}

function exposeCollector(): (options: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
