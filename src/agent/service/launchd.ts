import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { homeFolder } from '../../config/sources.ts';
import { MendwatchError } from '../../errors.ts';
import type { ServiceFacts } from './facts.ts';
import { ownText, textOf, writeServiceFile } from './file.ts';
import type { ServiceKeeper } from './keeper.ts';
import { ask, type Machine } from './machine.ts';
import { firstComment, labelOf, plistText } from './plist.ts';

export function plistFile({ launch }: Machine, id: string): string {
  return join(homeFolder(launch), 'Library', 'LaunchAgents', `${labelOf({ id })}.plist`);
}

/** For macOS, where it has not been tried yet. */
export function launchdKeeper(machine: Machine, facts: ServiceFacts): ServiceKeeper {
  const label = labelOf(facts);
  const file = plistFile(machine, facts.id);
  const text = plistText(facts);
  const domain = `gui/${machine.uid}`;
  const launchctl = (...args: readonly string[]) => ask(machine, 'launchctl', args, facts.shutdownGraceMs + 60_000);
  return {
    name: label,
    file,
    text,
    install: async () => {
      await writeServiceFile(file, text, firstComment);
      // One that is loaded already would keep what the file said before.
      await launchctl('bootout', `${domain}/${label}`);
      const loaded = await launchctl('bootstrap', domain, file);
      if (loaded.kind === 'failed') throw new MendwatchError(`launchd does not take the service: ${loaded.said}`);
      const advice =
        loaded.kind === 'missing'
          ? [`${file} is written. There is no launchctl here, so nothing was started.`]
          : ['Services on macOS have not been tried yet: `mendwatch service status` says how it stands.'];
      return { isRunning: loaded.kind === 'done', advice };
    },
    uninstall: async () => {
      await ownText(file, firstComment, 'Remove it by hand if it is not needed.');
      await launchctl('bootout', `${domain}/${label}`);
      await rm(file, { force: true });
      return [];
    },
    standing: async () => {
      const found = await textOf(file);
      const shown = await launchctl('print', `${domain}/${label}`);
      const pid = shown.kind === 'done' ? Number(/^\s*pid = (\d+)/m.exec(shown.stdout)?.[1] ?? 0) : 0;
      const state = shown.kind === 'done' ? (/^\s*state = (.+)$/m.exec(shown.stdout)?.[1] ?? 'loaded') : null;
      return {
        name: label,
        file,
        installed: found !== undefined,
        current: found === text,
        enabled: shown.kind === 'missing' ? null : shown.kind === 'done',
        active: shown.kind === 'missing' ? null : pid > 0,
        state,
        pid: pid > 0 ? pid : null,
      };
    },
  };
}
