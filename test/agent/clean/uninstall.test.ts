import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { findBeside, removeBeside } from '../../../src/agent/clean/uninstall.ts';
import { run } from '../../../src/process/process.ts';
import { serviceMachine } from '../service/machine.ts';

const signal = new AbortController().signal;

test.runIf(process.platform === 'linux')('the service is stopped and its unit goes, too', async () => {
  const on = await serviceMachine();
  await on.command('systemctl', '');
  const service = await on.open('linux');
  await service.install();
  expect(existsSync(service.file)).toBe(true);
  const launch = { HOME: on.home, PATH: join(dirname(on.home), 'bin') };
  const given = { config: on.config, launch, withSettings: false, signal };
  const beside = await findBeside(given);
  expect(beside.service?.file).toBe(service.file);
  const { removed, failed } = await removeBeside(given, beside);
  expect([removed, failed]).toEqual([[service.file], []]);
  expect(existsSync(service.file)).toBe(false);
  expect((await on.said()).join('\n')).toMatch(/systemctl --user .*(disable|stop)/);
  expect((await findBeside(given)).service).toBeUndefined();
});

test("asked for by name: the settings file and the lines that kept it out of git, and not a word of the person's", async () => {
  const on = await serviceMachine();
  const { projectRoot } = on.config;
  const config = { ...on.config, installed: true, settingsFile: join(projectRoot, '.env.mendwatch') };
  const launch = { HOME: on.home, PATH: process.env.PATH ?? '' };
  await run({ command: 'git', args: ['init', '-q'], cwd: projectRoot, env: launch, timeoutMs: 30_000 });
  const exclude = join(projectRoot, '.git', 'info', 'exclude');
  await mkdir(dirname(exclude), { recursive: true });
  await writeFile(exclude, '# mine\n/.env.mendwatch\n');
  await writeFile(join(projectRoot, '.gitignore'), 'dist/\r\n.env.mendwatch\r\n.env.mendwatch.old\r\n');
  await writeFile(config.settingsFile, 'LAND=park\n');
  const kept = { config, launch, withSettings: false, signal };
  await removeBeside(kept, await findBeside(kept));
  expect(existsSync(config.settingsFile)).toBe(true);
  const asked = { ...kept, withSettings: true };
  const { failed } = await removeBeside(asked, await findBeside(asked));
  expect(failed).toEqual([]);
  expect(existsSync(config.settingsFile)).toBe(false);
  expect(await readFile(exclude, 'utf8')).toBe('# mine\n');
  expect(await readFile(join(projectRoot, '.gitignore'), 'utf8')).toBe('dist/\r\n.env.mendwatch.old\r\n');
});
