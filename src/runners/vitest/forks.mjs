/**
 * Processes for test files (vitest 4 and 5, pool `forks`) that are started before a run: each has loaded vitest's own part
 * and nothing of the project, and serves one test file, as one that is started in the run would. It stands in only
 * where that one would be started with the same arguments and, but for what vitest says of itself, the same environment.
 *
 * Plain JavaScript, run by whatever Node the project uses.
 */
import { fork } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const BOOT = fileURLToPath(new URL('./fork-boot.mjs', import.meta.url));
/** What nobody needed for so long is ended: it holds memory. */
const IDLE_MS = 60_000;
/** Each takes some 50 MB. */
const MOST = 3;
/** What vitest and Vite tell the tests; nothing that a process looks at when it starts. */
const TOLD = /^(MODE|DEV|PROD|SSR|BASE_URL|VITE_.*)$/;

/** @param library the `dist/node.js` of the vitest that this process has loaded */
export async function forksOf(library) {
  const { ForksPoolWorker } = await import(pathToFileURL(library).href);
  const entry = join(dirname(library), 'workers', 'forks.js');
  const waiting = new Set();
  const seen = { execArgv: undefined, count: 0 };
  const { start } = ForksPoolWorker.prototype;
  ForksPoolWorker.prototype.start = function () {
    seen.execArgv = this.execArgv;
    seen.count += 1;
    if (this._fork === undefined && this.entrypoint === entry) this._fork = take(waiting, this.execArgv, this.env);
    return start.call(this);
  };
  process.on('exit', () => {
    for (const { child } of waiting) child.kill('SIGKILL');
  });
  return {
    /** Starts as many as the last run needed, or `count`. @param execArgv default: those of the last run, if any */
    prepare(execArgv = seen.execArgv, count = Math.min(seen.count, MOST)) {
      if (execArgv === undefined) return;
      for (let number = waiting.size; number < count; number++) begin(waiting, entry, execArgv);
    },
    /** A run begins. */
    countAnew() {
      seen.count = 0;
    },
  };
}

function begin(waiting, entry, execArgv) {
  const env = {
    ...process.env,
    TEST: 'true',
    VITEST: 'true',
    NODE_ENV: process.env.NODE_ENV || 'test',
    VITEST_MODE: 'RUN',
    FORCE_TTY: '',
  };
  const child = fork(BOOT, [entry], { env, execArgv, stdio: 'pipe', serialization: 'advanced' });
  const one = { child, env, execArgv };
  setHold(child, false);
  const forget = () => waiting.delete(one);
  child.once('error', forget);
  child.once('exit', forget);
  setTimeout(() => forget() && child.kill('SIGKILL'), IDLE_MS).unref();
  waiting.add(one);
}

function take(waiting, execArgv, env) {
  for (const one of waiting) {
    const { child } = one;
    if (!child.connected || child.exitCode !== null || String(one.execArgv) !== String(execArgv)) continue;
    if (!isAsGood(one.env, env)) continue;
    waiting.delete(one);
    child.removeAllListeners('error');
    child.removeAllListeners('exit');
    setHold(child, true);
    child.send({ mendwatch: 'environment', env, cwd: process.cwd(), umask: process.umask() });
    // For the reporter, which tells with what such processes are started.
    channel('mendwatch:worker').publish({
      process: { spawnargs: [process.execPath, ...execArgv, child.spawnargs.at(-1)] },
    });
    return child;
  }
  return undefined;
}

function isAsGood(had, wanted) {
  const names = new Set([...Object.keys(had), ...Object.keys(wanted)]);
  return [...names].every((name) => TOLD.test(name) || String(had[name]) === String(wanted[name]));
}

/** One that only waits must not keep the run from ending. */
function setHold(child, isHeld) {
  for (const each of [child, child.channel, child.stdout, child.stderr, child.stdin]) {
    if (isHeld) each?.ref?.();
    else each?.unref?.();
  }
}
