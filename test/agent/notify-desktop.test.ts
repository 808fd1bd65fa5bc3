import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { notifyDesktop } from '../../src/agent/notify-desktop.ts';
import { createEvents } from '../../src/events.ts';
import { createLogger } from '../../src/log.ts';
import { scratch } from '../rig/scratch.ts';

async function desktop(platform: NodeJS.Platform) {
  const folder = await scratch('desktop');
  const logFile = join(folder, 'a.log');
  const log = createLogger({ logFile, logLevel: 'info' }, (text) => text);
  const events = createEvents(Date.now, (text) => text);
  const launch = { PATH: folder, DISPLAY: ':7', ANTHROPIC_API_KEY: 'of nobody here' };
  const end = notifyDesktop({ events, logger: log.logger, cwd: folder, launch, platform });
  onTestFinished(async () => {
    await end();
    log.close();
  });
  const shown = join(folder, 'shown');
  return {
    events,
    logged: () => readFile(logFile, 'utf8'),
    shown: () => readFile(shown, 'utf8').catch(() => ''),
    install: async (name: string) => {
      const program = join(folder, name);
      await writeFile(program, `#!/bin/sh\nprintf '[%s]' "$@" "$DISPLAY" "$ANTHROPIC_API_KEY" >> '${shown}'\n`);
      await chmod(program, 0o755);
    },
  };
}

test('what has landed, was parked or has failed is shown, as text and in one argument', async () => {
  const { events, install, shown } = await desktop('linux');
  await install('notify-send');
  events.emit({ type: 'watch.batch', files: ['a.ts'], total: 1 });
  events.emit({ type: 'land.landed', taskId: 'task_0000000a', files: ['$(id) <b>&.ts', '--urgency=critical'] });
  const landed = '[Fixed: $(id) &lt;b&gt;&amp;.ts, --urgency=critical]';
  await expect.poll(shown).toBe(`[--app-name=Mendwatch][Mendwatch]${landed}[:7][]`);
  events.emit({
    type: 'task.failed',
    taskId: 't',
    file: 'a.ts',
    reason: 'no attempts left',
    costUsd: 0,
    durationMs: 1,
  });
  await expect.poll(shown).toContain('[Failed: a.ts, no attempts left]');
});

test('macOS is told by a script that takes the text as its argument', async () => {
  const { events, install, shown } = await desktop('darwin');
  await install('osascript');
  events.emit({ type: 'land.parked', taskId: 'task_0000000a', reason: 'it "is" so', patch: '' });
  await expect
    .poll(shown)
    .toMatch(/\[on run argv\].*\[end run\]\[Parked: task_0000000a, since it "is" so\]\[:7\]\[\]$/);
});

test('where there is no desktop that is one line in the log, however often', async () => {
  const { events, install, shown, logged } = await desktop('linux');
  const fail = () => events.emit({ type: 'land.landed', taskId: 'task_0000000a', files: ['a.ts'] });
  fail();
  fail();
  await expect.poll(logged).toContain('no desktop notification could be shown');
  await install('notify-send');
  fail();
  await expect.poll(shown).toContain('[Fixed: a.ts]');
  expect((await logged()).trim().split('\n')).toHaveLength(1);
});
