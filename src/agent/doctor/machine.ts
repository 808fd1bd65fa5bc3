import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import { commandEnvironment } from '../../config/environment.ts';
import { unsupportedNode } from '../../config/node-version.ts';
import { run } from '../../process/process.ts';
import { isWatched } from '../../watch/scope.ts';
import { type Check, type Finding, failure, ok, skipped, warning } from './check.ts';
import type { Given, Surroundings } from './given.ts';
import { nearestExisting } from './paths.ts';
import { count } from './words.ts';

const limits = { gitMs: 10_000, oldestGit: [2, 30] } as const;
const megabyte = 1024 * 1024;
const space = { neededBytes: 100 * megabyte, wishedBytes: 1024 * megabyte, neededFiles: 1_000 };
/** Beyond it, waits that services ask for and signatures with a time go wrong. */
const clockLimits = { offMs: 60_000 };

export function nodeCheck(): Check {
  return {
    name: 'node',
    look: async () => {
      const { version, execPath } = process;
      const problem = unsupportedNode(version.slice(1));
      if (problem !== undefined) return failure(problem, 'Install a newer Node from https://nodejs.org.');
      return ok(`${version} (${execPath})`);
    },
  };
}

export function gitCheck({ launch, effective }: Surroundings): Check {
  return {
    name: 'git',
    look: async (signal) => {
      const { packageRoot } = effective.claude;
      const env = commandEnvironment(launch, { projectRoot: packageRoot, packageRoot });
      const spec = { command: 'git', args: ['--version'], cwd: packageRoot, env, signal, timeoutMs: limits.gitMs };
      const { end, stdout } = await run(spec);
      const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
      const remedy = `Install git ${limits.oldestGit.join('.')} or newer, or put its folder into PATH.`;
      if (end.kind === 'could-not-start') return failure(end.message.replace(/\.$/, ''), remedy);
      if (end.kind !== 'exited' || end.code !== 0 || major === undefined) {
        return failure('git does not tell its version', remedy);
      }
      const [oldestMajor, oldestMinor] = limits.oldestGit;
      const isOld = Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
      const version = stdout.trim().replace(/^git version /, '');
      return isOld ? failure(`git ${version} is too old`, remedy) : ok(version);
    },
  };
}

export function diskCheck({ config }: Given): Check {
  return {
    name: 'disk',
    look: async () => {
      const places = [dirname(config.stateFile), dirname(config.logFile), config.cacheFolder].map(nearestExisting);
      const seen = new Map<string, Finding>();
      for (const place of new Set(places)) {
        const { bavail, bsize, ffree, files, type, blocks } = await statfs(place);
        // File systems without a number of files of their own say 0.
        const isFull = bavail * bsize < space.neededBytes || (files > 0 && ffree < space.neededFiles);
        const left = `${sizeOf(bavail * bsize)} free at ${place}`;
        const remedy = 'Make room, or set STATE_FILE, LOG_FILE or CACHE_DIR to another disk.';
        const key = `${type} ${blocks} ${bavail}`;
        if (isFull) seen.set(key, failure(`${left}: nothing is paid or landed while the disk is full`, remedy));
        else if (bavail * bsize < space.wishedBytes) seen.set(key, warning(left, remedy));
        else seen.set(key, ok(left));
      }
      return worstOf([...seen.values()]);
    },
  };
}

/** One finding for several of the same kind: the worst, with what the others say. */
export function worstOf(findings: readonly Finding[]): Finding {
  const order = ['failed', 'warning', 'ok', 'skipped'] as const;
  const worst = order.map((state) => findings.find((finding) => finding.state === state)).find(Boolean);
  if (worst === undefined) return skipped('nothing to look at');
  const same = findings.filter(({ state }) => state === worst.state);
  const mends = findings.flatMap((finding) => finding.mends ?? []);
  const lines = findings.flatMap((finding) => finding.lines ?? []);
  return {
    ...worst,
    detail: same.map(({ detail }) => detail).join('; '),
    ...(mends.length === 0 ? {} : { mends }),
    ...(lines.length === 0 ? {} : { lines }),
  };
}

function sizeOf(bytes: number): string {
  return bytes >= 1024 * megabyte ? `${Math.floor(bytes / 1024 / megabyte)} GB` : `${Math.floor(bytes / megabyte)} MB`;
}

/** A watch is one for a folder; what other programs of this user hold counts against the same limit. */
export function watchesCheck({ config, survey }: Given): Check {
  return {
    name: 'watches',
    look: async () => {
      if (process.platform !== 'linux') return skipped('only Linux has such a limit');
      const { files } = await survey();
      const [watches, instances] = ['max_user_watches', 'max_user_instances'].map(inotifyLimit);
      if (watches === undefined || instances === undefined) return skipped('the system tells no limit of inotify');
      if (files === undefined)
        return ok(`${watches} inotify watches; the folders are counted when the agent has run once`);
      const needed = foldersOf(files, config.watchPaths);
      const known = `${count(needed, 'folder')} to watch, ${watches} inotify watches for all programs of this user`;
      const remedy =
        `Raise it: sudo sysctl fs.inotify.max_user_watches=1048576. ` +
        `Until then the tree is compared every ${config.watchPollMs / 1_000} s (WATCH_POLL_SECONDS).`;
      if (needed > watches) return warning(`${known}: too few`, remedy);
      if (needed > watches / 2) return warning(`${known}: editors and build tools need some, too`, remedy);
      return ok(known);
    },
  };
}

function inotifyLimit(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8'));
  } catch {
    return undefined;
  }
}

export function foldersOf(files: readonly string[], watchPaths: readonly string[]): number {
  const folders = new Set<string>();
  for (const file of files) {
    if (!isWatched(file, watchPaths)) continue;
    for (let at = posix.dirname(file); !folders.has(at); at = posix.dirname(at)) {
      folders.add(at);
      if (at === '.') break;
    }
  }
  return folders.size;
}

export function clockCheck({ times }: Surroundings): Check {
  return {
    name: 'clock',
    look: async () => {
      const told = await times.all();
      const [first] = told;
      if (first === undefined) return skipped('no service has answered that it could be compared with');
      const off = told.find(({ offMs }) => Math.abs(offMs) > clockLimits.offMs);
      if (off === undefined) return ok(`agrees with ${told.map(({ service }) => service).join(' and ')}`);
      return warning(
        `${Math.round(Math.abs(off.offMs) / 1_000)} s ${off.offMs > 0 ? 'ahead of' : 'behind'} ${off.service}`,
        'Let the system keep its time (systemd-timesyncd, chrony): waits that services ask for go by it.',
      );
    },
  };
}
