import { hostname } from 'node:os';
import { localTime } from '../../clock.ts';
import { isAlive } from '../../process/is-alive.ts';
import { holderOf } from '../../state/guard.ts';
import { abandonedLock, removeAbandonedLock } from '../../state/stale-lock.ts';
import { readState } from '../../state/store.ts';
import { foreignTo } from '../own-project.ts';
import { type Check, failed, ok, warning } from './check.ts';
import type { Given } from './given.ts';

export function agentCheck({ config }: Given): Check {
  return {
    name: 'agent',
    look: async () => {
      const { stateFile, projectRoot } = config;
      const [own, other] = await Promise.all([holderOf(stateFile), holderOf(projectRoot)]);
      if (own !== undefined) return ok(`running: process ${own.pid} on ${own.host}, since ${localTime(own.since)}`);
      if (other !== undefined) {
        return warning(
          `another agent watches this project: process ${other.pid} on ${other.host}, since ${localTime(other.since)}`,
          'It has another STATE_FILE. Stop it before you start one with this.',
        );
      }
      const read = await readState(stateFile).catch(() => undefined);
      const { status, pid, host } = read?.kind === 'state' ? read.document.processes.orchestrator : notStarted;
      if (status === 'stopped' || pid === null || host !== hostname()) return ok('not running');
      if (isAlive(pid))
        return warning(`process ${pid} is there but says nothing`, `Look at it: ps ${pid}. If it hangs: kill ${pid}.`);
      return warning(
        `not running, though the state file says ${status}: process ${pid} ended without a word`,
        'Start it: it takes up where it was.',
      );
    },
  };
}

const notStarted = { status: 'stopped', pid: null, host: null } as const;

export function stateCheck({ config }: Given): Check {
  return {
    name: 'state',
    look: async () => {
      const { stateFile, lockFile } = config;
      const ageMs = abandonedLock(lockFile, Date.now());
      if (ageMs !== undefined) {
        const age = `${Math.round(ageMs / 1_000)} s`;
        return warning(
          `a lock was left behind at ${lockFile}, ${age} ago`,
          'The next start removes it; `doctor --fix` too.',
          {
            mends: [{ done: `removed the lock ${lockFile}`, apply: () => removeAbandonedLock(lockFile, Date.now()) }],
          },
        );
      }
      const read = await readState(stateFile);
      switch (read.kind) {
        case 'missing':
          return ok(`${stateFile} will be made by the first start`);
        case 'damaged':
          return warning(
            `${stateFile} is damaged: ${read.reason}`,
            'The next start sets it aside and goes on with the last good copy.',
          );
        case 'state': {
          const foreign = foreignTo(config, read.document);
          return foreign === undefined ? ok(stateFile) : failed(foreign);
        }
      }
    },
  };
}
