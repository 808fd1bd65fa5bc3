import { chmod, mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../../config/types.ts';
import { codeOf } from '../../errors.ts';
import { type Check, type Finding, failure, type Mend, ok, warning } from './check.ts';
import type { Given } from './given.ts';
import { worstOf } from './machine.ts';
import { lookAt, nearestExisting, whyNotWritable } from './paths.ts';
import { some } from './words.ts';

const othersRead = 0o044;
const othersWrite = 0o022;
const forOthers = 0o077;

interface Place {
  readonly name: string;
  readonly folder: string;
  readonly setting: string;
  /** In it, where they exist. */
  readonly files: readonly string[];
}

/** Whether everything can be written that will be. What does not exist yet needs a folder above it that can. */
export function foldersCheck({ config }: Given): Check {
  return {
    name: 'folders',
    look: async () => {
      const places = placesOf(config);
      const wrong = places.map(problemOf).filter((finding) => finding !== undefined);
      if (wrong.length > 0) return worstOf(wrong);
      const missing = places.filter(({ folder }) => lookAt(folder) === undefined);
      const namesOf = (some: readonly Place[]): string => some.map(({ name }) => name).join(', ');
      const there = places.filter((place) => !missing.includes(place));
      const details = [
        ...(there.length > 0 ? [`can be written: ${namesOf(there)}`] : []),
        ...(missing.length > 0 ? [`the first start makes: ${namesOf(missing)}`] : []),
      ];
      return ok(details.join('; '), { mends: missing.map(({ folder }) => making(folder)) });
    },
  };
}

function placesOf({ stateFile, baselineFile, runsFolder, logFile, cacheFolder }: Config): readonly Place[] {
  return [
    { name: 'state', folder: dirname(stateFile), setting: 'STATE_FILE', files: [stateFile, baselineFile] },
    { name: 'runs', folder: runsFolder, setting: 'STATE_FILE', files: [] },
    { name: 'log', folder: dirname(logFile), setting: 'LOG_FILE', files: [logFile] },
    { name: 'cache', folder: cacheFolder, setting: 'CACHE_DIR', files: [] },
  ];
}

function problemOf({ folder, setting, files }: Place): Finding | undefined {
  const file = files.find((each) => lookAt(each) !== undefined && whyNotWritable(each, false) !== undefined);
  const place = file ?? nearestExisting(folder);
  const why = whyNotWritable(place, file === undefined);
  if (why === undefined) return undefined;
  const remedy = `Let this user write there (chown, chmod), or set ${setting} to another place.`;
  return failure(`${place} cannot be written (${why})`, remedy);
}

function making(folder: string): Mend {
  return {
    done: `made ${folder}`,
    apply: async () => void (await mkdir(folder, { recursive: true, mode: 0o700 })),
  };
}

/** What holds secrets or parts of the code is for this user alone. */
export function privacyCheck({ config, effective }: Given): Check {
  return {
    name: 'privacy',
    look: async () => {
      if (process.platform === 'win32') return ok('Windows has no such modes');
      const holdsSecrets = effective.secretsInFile.length > 0;
      const secret = [
        ...(holdsSecrets ? [config.settingsFile] : []),
        join(config.executor.folder, 'token'),
        config.logFile,
        config.runsFolder,
      ];
      const folder = dirname(config.stateFile);
      const ownFiles = await filesIn(folder, basename(config.stateFile));
      const open = secret.filter((path) => isOpen(path, othersRead | othersWrite));
      const changeable = ownFiles.filter((path) => isOpen(path, othersWrite));
      const all = [...new Set([...secret, ...ownFiles])].filter((path) => isOpen(path, forOthers));
      const mends = all.map(closing);
      const wrong = [...new Set([...open, ...changeable])];
      if (wrong.length > 0) {
        const remedy = `chmod go-rwx ${wrong.join(' ')} (\`doctor --fix\` does it)`;
        return warning(`others on this machine can read or change ${some(wrong)}`, remedy, { mends });
      }
      const whole = all.length === 0 ? '' : '; others may read the state file, which holds no secrets';
      return ok(`what is secret is for you alone${whole}`, { mends });
    },
  };
}

async function filesIn(folder: string, stateFile: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.startsWith(stateFile) || name === 'baseline.json')
      .map((name) => join(folder, name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return [];
    throw error;
  }
}

function isOpen(path: string, mask: number): boolean {
  const stats = lookAt(path);
  return stats !== undefined && !stats.isSymbolicLink() && (stats.mode & mask) !== 0;
}

function closing(path: string): Mend {
  return {
    done: `closed ${path} to others`,
    apply: async () => {
      const stats = lookAt(path);
      if (stats !== undefined) await chmod(path, stats.mode & 0o700);
    },
  };
}
