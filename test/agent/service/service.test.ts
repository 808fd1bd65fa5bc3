import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serviceMachine } from './machine.ts';
import { readPlist } from './plist-reader.ts';
import { readUnit } from './unit-reader.ts';

const version = 'if [ "$1" = --version ]; then echo "systemd 255 (255.4-1)"; exit 0; fi';
/** A systemd that keeps one service. */
const running = `${version}
case "$2" in
  show) printf 'ActiveState=active\\nSubState=running\\nMainPID=77\\nUnitFileState=enabled\\n' ;;
esac`;
const nobody = `${version}\necho 'Failed to connect to bus: No medium found' >&2; exit 1`;

describe('a service of systemd', () => {
  test('is written, checked, enabled and started, and says how it stands', async () => {
    const on = await serviceMachine();
    await on.command('systemctl', running);
    await on.command('systemd-notify', 'exit 0');
    await on.command('systemd-analyze', 'exit 0');
    await on.command('loginctl', 'echo no');
    const service = await on.open('linux');
    expect(await service.install()).toMatchObject({
      isRunning: true,
      advice: [expect.stringMatching(/while you are logged in.*loginctl enable-linger/)],
    });
    const unit = readUnit(await readFile(service.file, 'utf8'));
    expect(service.file).toMatch(/\/home\/\.config\/systemd\/user\/mendwatch-shop-[0-9a-f]{8}\.service$/);
    expect((await stat(service.file)).mode & 0o777).toBe(0o600);
    expect(unit.values('RestartMaxDelaySec')).toEqual(['300']);
    expect(unit.command()).toEqual([
      process.execPath,
      '--import',
      expect.stringMatching(/^file:.*compile-cache\.mjs$/),
      expect.stringMatching(/automation\/mendwatch\.ts$/),
      'start',
    ]);
    const name = service.file.slice(dirname(service.file).length + 1);
    const asked = (await on.said()).filter((line) => /systemctl --user (?!show)/.test(line));
    expect(asked).toEqual(
      ['daemon-reload', `enable ${name}`, `reset-failed ${name}`, `restart ${name}`].map(
        (words) => `systemctl --user ${words}`,
      ),
    );
    expect(await service.standing()).toMatchObject({
      installed: true,
      current: true,
      enabled: true,
      active: true,
      pid: 77,
    });
    expect(await (await on.open('linux', { JAVA_HOME: '/jdk' })).standing()).toMatchObject({ current: false });
    await service.uninstall();
    expect(await readdir(dirname(service.file))).toEqual([]);
    expect(await on.said()).toContain(`systemctl --user disable --now ${name}`);
  });

  test('gets PATH, settings and what was asked for; never a secret', async () => {
    const on = await serviceMachine();
    const more = {
      MAX_RETRIES: '3',
      LANG: 'de_DE.UTF-8',
      DATABASE: 'shop "test" 100% $x',
      OTHER: 'no',
      ANTHROPIC_API_KEY: 'sk-ant-0123456789abcdef',
      HTTPS_PROXY: 'http://me:verysecret1@proxy.example.com',
      BASH_FUNC: 'a\u0007b',
    };
    const service = await on.open('linux', more, ['DATABASE', 'BASH_FUNC']);
    await service.install();
    const text = await readFile(service.file, 'utf8');
    expect(text).not.toMatch(/0123456789abcdef|verysecret1|OTHER/);
    const given = Object.fromEntries(readUnit(text).environment());
    const { LANG, MAX_RETRIES, DATABASE } = more;
    expect(given).toMatchObject({ LANG, MAX_RETRIES, DATABASE, PROJECT_ROOT: on.config.projectRoot });
    expect(given.PATH).toMatch(/^\/.*\/bin$/);
    expect(service.leftOut.map(({ name, why }) => `${name}: ${why}`)).toEqual([
      'ANTHROPIC_API_KEY: it is a secret',
      'BASH_FUNC: it holds control characters',
      'HTTPS_PROXY: it is a secret',
    ]);
    expect(await (await on.open('linux', more)).standing()).toMatchObject({ current: true });
    await expect(on.open('linux', {}, ['NOWHERE'])).rejects.toThrow(/--env: NOWHERE: expected names/);
  });

  test.each([
    ['no systemctl', undefined, /no systemctl here/],
    ['a systemd that does not answer', nobody, /does not answer.*No medium found/],
  ])('with %s the unit is written and the person told what to type', async (_what, systemctl, why) => {
    const on = await serviceMachine();
    if (systemctl !== undefined) await on.command('systemctl', systemctl);
    const service = await on.open('linux');
    const { isRunning, advice } = await service.install();
    expect(isRunning).toBe(false);
    expect(advice.join('\n')).toMatch(why);
    expect(advice.join('\n')).toMatch(/systemctl --user enable --now mendwatch-shop-/);
    expect(await service.standing()).toMatchObject({ installed: true, active: null, enabled: null });
    const wants = join(dirname(service.file), 'default.target.wants');
    await mkdir(wants);
    await symlink(service.file, join(wants, service.file.slice(dirname(service.file).length + 1)));
    await service.uninstall();
    expect(await readdir(dirname(service.file))).toEqual([]);
  });

  test('that systemd refuses leaves what was there before', async () => {
    const on = await serviceMachine();
    const service = await on.open('linux');
    await service.install();
    const before = await readFile(service.file, 'utf8');
    await on.command('systemd-analyze', 'echo "$4:8: Unknown section" >&2; exit 1');
    const other = await on.open('linux', { LANG: 'C' });
    await expect(other.install()).rejects.toThrow(/does not take the unit: .*Unknown section/);
    expect(await readFile(service.file, 'utf8')).toBe(before);
  });

  test('that does not come up is told with its reason and where to look', async () => {
    const on = await serviceMachine();
    const failing = `${version}\nif [ "$2" = restart ]; then echo 'Job failed.' >&2; exit 1; fi`;
    await on.command('systemctl', failing);
    const service = await on.open('linux');
    await expect(service.install()).rejects.toMatchObject({
      message: expect.stringMatching(/did not come up: Job failed\./),
      remedy: expect.stringMatching(/journalctl --user -u mendwatch-shop-/),
    });
  });

  test("a file of somebody else's is left alone", async () => {
    const on = await serviceMachine();
    const service = await on.open('linux');
    await mkdir(dirname(service.file), { recursive: true });
    await writeFile(service.file, '[Unit]\n');
    await expect(service.install()).rejects.toThrow(/was not made by Mendwatch/);
    await expect(service.uninstall()).rejects.toThrow(/was not made by Mendwatch/);
    expect(await readFile(service.file, 'utf8')).toBe('[Unit]\n');
    expect((await on.said()).filter((line) => line.includes('disable'))).toEqual([]);
  });
});

test('a service of launchd is written and loaded, and goes again', async () => {
  const on = await serviceMachine();
  await on.command('launchctl', 'if [ "$1" = print ]; then printf "\\tstate = running\\n\\tpid = 78\\n"; fi');
  const service = await on.open('darwin');
  expect(await service.install()).toMatchObject({ isRunning: true });
  expect(service.file).toMatch(/\/home\/Library\/LaunchAgents\/mendwatch\.shop-[0-9a-f]{8}\.plist$/);
  expect(readPlist(await readFile(service.file, 'utf8'))).toMatchObject({ RunAtLoad: true });
  expect(await on.said()).toContain(`launchctl bootstrap gui/501 ${service.file}`);
  expect(await service.standing()).toMatchObject({ current: true, active: true, state: 'running', pid: 78 });
  await service.uninstall();
  expect(existsSync(service.file)).toBe(false);
  await writeFile(service.file, '<plist/>');
  await expect(service.uninstall()).rejects.toThrow(/was not made by Mendwatch/);
  expect(existsSync(service.file)).toBe(true);
});

test('elsewhere there are no services, and what there is instead is said', async () => {
  const on = await serviceMachine();
  await expect(on.open('win32')).rejects.toMatchObject({ exitCode: 2, remedy: expect.stringContaining('--detach') });
});
