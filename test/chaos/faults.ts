import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { agentMarker } from '../../src/agent/agent-marker.ts';
import type { StateDocument } from '../../src/state/schema.ts';
import type { Reader } from './reader.ts';
import { type Scene, unrelated } from './scene.ts';

/** What is not as it must be when everything has ended and the agent has stopped. */
export async function faultsAtEnd(scene: Scene, reader: Reader): Promise<readonly string[]> {
  const state = JSON.parse(readFileSync(scene.stateFile, 'utf8')) as StateDocument;
  return [
    ...faultsOfTasks(state, reader.seen),
    ...faultsOfOutcome(scene, state),
    ...faultsOfMoney(scene, state),
    ...(await faultsOfTree(scene)),
    ...faultsOfFolders(scene),
    ...(await processesLeft(scene)),
  ];
}

function faultsOfTasks(
  { queues, conversation_history, statistics }: StateDocument,
  seen: ReadonlySet<string>,
): string[] {
  const faults: string[] = [];
  const ended = [...queues.completed, ...queues.failed].map(({ id }) => id);
  for (const id of seen) {
    const times = ended.filter((other) => other === id).length;
    if (times !== 1) faults.push(`${id} was seen and has ended ${times} times`);
    const told = conversation_history.filter(
      ({ task_id, type }) => task_id === id && (type === 'task_finished' || type === 'task_failed'),
    ).length;
    if (told !== 1) faults.push(`The end of ${id} was told ${told} times`);
  }
  if (statistics.tasks_processed !== ended.length) {
    faults.push(`${statistics.tasks_processed} tasks were counted, and ${ended.length} have ended`);
  }
  for (const { id, red_to_mark } of queues.completed)
    if (red_to_mark !== undefined) faults.push(`${id} is not marked red`);
  return faults;
}

function faultsOfOutcome({ kind }: Scene, { queues, landings, escalations, budget }: StateDocument): string[] {
  const faults: string[] = [];
  const count = <T>(list: readonly T[], fits: (item: T) => boolean): number => list.filter(fits).length;
  const expect = (what: string, found: number, wanted: number): void => {
    if (found !== wanted) faults.push(`${found} × ${what}, expected ${wanted}`);
  };
  const ends = {
    mended: 'fixed',
    'three files': 'fixed',
    undone: 'fixed',
    several: 'fixed',
    parked: 'parked',
    'given up': 'failed',
    'set aside': 'failed',
  } as const;
  const end = ends[kind];
  const times = kind === 'several' ? 3 : 1;
  for (const outcome of ['fixed', 'parked'] as const) {
    expect(
      outcome,
      count(queues.completed, (task) => task.outcome === outcome),
      outcome === end ? times : 0,
    );
  }
  expect('failed', queues.failed.length, end === 'failed' ? 1 : 0);
  expect('report', escalations.length, end === 'failed' ? 1 : 0);
  for (const task of queues.failed) {
    expect('attempt', task.attempts.length, kind === 'given up' ? 2 : 0);
    expect('set aside', task.quarantined === undefined ? 0 : 1, kind === 'set aside' ? 1 : 0);
  }
  expect(
    'landed',
    count(landings, ({ status }) => status === 'landed'),
    end === 'failed' || kind === 'undone' ? 0 : times,
  );
  expect(
    'undone',
    count(landings, ({ status }) => status === 'undone'),
    kind === 'undone' ? 1 : 0,
  );
  expect('reservation', budget.reserved?.length ?? 0, 0);
  expect(
    'under way',
    count(landings, ({ status }) => ['landing', 'applying', 'undoing'].includes(status)),
    0,
  );
  return faults;
}

/** What each answer of the stand-in costs. */
const billUsd = 0.001;

/** Whatever was killed: every place says the same, and nothing that was billed is forgotten. */
function faultsOfMoney({ folder, isReal }: Scene, { budget, statistics, queues }: StateDocument): string[] {
  const tasks = [...queues.completed, ...queues.failed];
  const sum = (all: readonly number[]): number => all.reduce((total, usd) => total + usd, 0);
  const told = {
    tasks: sum(tasks.map(({ cost_usd = 0 }) => cost_usd)),
    day: budget.spent_usd ?? 0,
    outcomes: sum(Object.values(budget.by_outcome ?? {}).map(({ usd }) => usd)),
  };
  const { cost_usd: usd } = statistics;
  const faults = Object.entries(told)
    .filter(([, other]) => Math.abs(other - usd) > 1e-9)
    .map(([what, other]) => `The statistics say $${usd} was spent, the ${what} say $${other}`);
  const billed = isReal ? 0 : readSafely(join(folder, 'model', 'bills')).length * billUsd;
  return billed > usd + 1e-9 ? [...faults, `$${billed} was billed, and $${usd} is known`] : faults;
}

async function faultsOfTree({ project, expected, tests, read, git }: Scene): Promise<string[]> {
  const faults: string[] = [];
  for (const [path, text] of Object.entries(expected)) {
    if (!existsSync(join(project, path))) faults.push(`${path} is gone`);
    else if (read(path) !== text) faults.push(`${path} is not as expected: ${JSON.stringify(read(path))}`);
  }
  const known = new Set([...Object.keys(expected), ...tests, '.gitignore', 'package.json']);
  for (const path of filesBelow(project)) if (!known.has(path)) faults.push(`${path} was left in the project`);
  const untracked = (await git('ls-files', '-o', '--exclude-standard')).trim().split('\n').sort();
  if (untracked.join() !== Object.keys(unrelated).sort().join())
    faults.push(`git sees as new: ${untracked.join(', ')}`);
  if ((await git('rev-list', '--all', '--count')).trim() !== '1') faults.push('The history was changed');
  if ((await git('diff', '--cached', '--name-only')).trim() !== '') faults.push('The index was changed');
  return faults;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !/^(\.git|node_modules)\//.test(path));
}

function faultsOfFolders({ stateFile, folder }: Scene): string[] {
  const beside = readdirSync(dirname(stateFile)).filter((name) => /\.lock$|\.\d+$|-new$|\.new$/.test(name));
  const cache = readdirSync(join(folder, 'cache'), { recursive: true, encoding: 'utf8' });
  const stale = cache.filter((path) =>
    /(^|\/)(reports\/.+|index\/.*(\.lock|once-.*)|shadow\.git(\.new)?\/(.*\.lock|refs\/.*\.new))$/.test(path),
  );
  const journals = filesBelow(join(dirname(stateFile), 'runs')).filter((path) => /\/undo\//.test(path));
  return [...beside, ...stale, ...journals].map((name) => `${name} was left over`);
}

async function processesLeft({ stateFile }: Scene): Promise<string[]> {
  const marker = agentMarker({ stateFile });
  // What was told to end needs a moment.
  for (let tries = 0; tries < 40; tries++) {
    if (carriers(marker).length === 0) return [];
    await delay(50);
  }
  return carriers(marker).map((process) => `${process} is still there`);
}

function carriers(marker: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => readSafely(`/proc/${pid}/environ`).includes(marker))
    .map((pid) => `process ${pid} (${readSafely(`/proc/${pid}/cmdline`).split('\0').join(' ').slice(0, 100)})`);
}

function readSafely(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
