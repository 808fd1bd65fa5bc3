import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServiceFacts } from '../../../src/agent/service/facts.ts';
import { plistText } from '../../../src/agent/service/plist.ts';
import { unitText } from '../../../src/agent/service/unit.ts';
import { scratch } from '../../rig/scratch.ts';
import { readPlist } from './plist-reader.ts';
import { readUnit } from './unit-reader.ts';

const run = promisify(execFile);

function facts(given: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    id: 'shop-0123abcd',
    projectRoot: '/home/me/shop',
    program: { command: '/usr/bin/node', args: ['/opt/mendwatch/automation/mendwatch.ts', 'start'] },
    variables: { PATH: '/usr/bin:/bin' },
    asked: [],
    shutdownGraceMs: 30_000,
    heartbeatMs: 30_000,
    nice: 5,
    logFile: '/home/me/log',
    systemd: { version: 252, hasNotify: true },
    ...given,
  };
}

/** Such as systemd would put something in for. */
const homeVariable = ['$', '{HOME}'].join('');
const odd = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...' %$"\'\\;#=:{}&<>\n\t-é💥', homeVariable, '%h', '$$', '%%', '\\x20'),
    fc.string({ maxLength: 3 }),
  ),
});
// What nothing in the environment or in a path can be, or what is left out before.
const text = odd.map((given) => given.replace(/[\p{Cc}\p{Cs}]/gu, (char) => (/[\n\t]/.test(char) ? char : '')));
const inPath = text.map((given) => given.replace(/[\n\t"'\\]/g, ''));
const variables = fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/), text, { maxKeys: 5 });

test('whatever stands in paths and variables, systemd reads the same from the unit', () => {
  fc.assert(
    fc.property(inPath, fc.array(text, { maxLength: 3 }), variables, text, (folder, args, given, root) => {
      const command = `/opt/${folder}/node`;
      const read = readUnit(unitText(facts({ program: { command, args }, variables: given, projectRoot: `/${root}` })));
      expect(read.command()).toEqual([command, ...args]);
      expect(Object.fromEntries(read.environment())).toEqual({ ...given });
      expect(read.values('WantedBy')).toEqual(['default.target']);
    }),
  );
});

test('and launchd from its property list', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), variables, (args, given) => {
      const read = readPlist(plistText(facts({ program: { command: '/usr/bin/node', args }, variables: given })));
      expect(read).toMatchObject({
        Label: 'mendwatch.shop-0123abcd',
        ProgramArguments: ['/usr/bin/node', ...args],
        EnvironmentVariables: { ...given },
        KeepAlive: { SuccessfulExit: false },
        ExitTimeOut: 75,
      });
    }),
  );
});

test('a program that systemd cannot run is refused in words', () => {
  const program = { command: '/opt/"new"/node', args: [] };
  expect(() => unitText(facts({ program }))).toThrow(/quotes or backslashes: \/opt\/"new"\/node/);
});

test('systemd waits longer than the agent takes to stop, and for more than one heartbeat', () => {
  const read = readUnit(unitText(facts({ shutdownGraceMs: 120_000, heartbeatMs: 600_000 })));
  expect(Number(read.values('TimeoutStopSec')[0])).toBeGreaterThan(120 + 15);
  expect(Number(read.values('WatchdogSec')[0])).toBeGreaterThan(2 * 600 + 60);
  const deaf = readUnit(unitText(facts({ systemd: { version: 252, hasNotify: false } })));
  expect([deaf.values('Type'), deaf.values('WatchdogSec')]).toEqual([['exec'], []]);
});

test('systemd itself finds nothing wrong with a unit of odd paths', async () => {
  const folder = await scratch('unit');
  const command = join(folder, `a $b %h ${homeVariable} é`, 'node');
  await mkdir(dirname(command), { recursive: true });
  await copyFile('/bin/true', command);
  await chmod(command, 0o755);
  const { stdout } = await run('systemctl', ['--version']);
  const version = Number(/^systemd (\d+)/.exec(stdout)?.[1]);
  const odder = 'a "b" \\c %h $d\n\te';
  const unit = join(folder, 'mendwatch-odd.service');
  const given = { program: { command, args: [odder] }, variables: { ODD: odder }, projectRoot: `/${odder}\\` };
  await writeFile(unit, unitText(facts({ ...given, systemd: { version, hasNotify: true } })));
  const env = { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder };
  expect(await run('systemd-analyze', ['--user', '--man=no', 'verify', unit], { env })).toMatchObject({
    stdout: '',
    stderr: '',
  });
});
