import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Family } from '../../src/process/family.ts';
import { type ProcessSpec, reapMarked, run, start } from '../../src/process/process.ts';
import { probeSandbox, sandboxed, type Walls } from '../../src/process/sandbox.ts';
import { scratch } from '../rig/scratch.ts';
import { digest, executable } from '../workspace/rig.ts';
import { linesOf, until } from './until.ts';

const repository = join(import.meta.dirname, '..', '..');
const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;

interface Place {
  readonly root: string;
  readonly lane: string;
  readonly outside: string;
  spec(script: string, walls?: Partial<Walls>, more?: Partial<ProcessSpec>): ProcessSpec;
}

/** A folder that may be written, and one beside it, in folders whose names are hard on shells and mount tables. */
async function place(): Promise<Place> {
  const root = join(await scratch('walls'), `a "b" 'c' $(d) \\040 #`);
  const [lane, outside] = [join(root, 'lane'), join(root, 'outside')];
  mkdirSync(lane, { recursive: true });
  mkdirSync(join(outside, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'sub', 'file'), 'as it was\n');
  writeFileSync(join(outside, 'key'), 'secret canary\n');
  symlinkSync(outside, join(lane, 'link'));
  const spec: Place['spec'] = (script, walls = {}, more = {}) =>
    sandboxed(
      { command: 'sh', args: ['-c', script, 'sh', outside], cwd: lane, env: { PATH }, timeoutMs: 30_000, ...more },
      { hidden: [], scratch: [], shown: [outside], writable: [lane], ...walls },
    );
  return { root, lane, outside, spec };
}

/** Runs each line on its own and gives those that succeeded. */
async function succeeding(lines: readonly string[], where: Place, walls: Partial<Walls> = {}): Promise<string[]> {
  const script = lines.map((line, index) => `( ${line} ) >/dev/null 2>&1 && echo ${index}`).join('\n');
  const { stdout, stderr, end } = await run(where.spec(`${script}\nexit 0`, walls));
  expect({ end, stderr }).toEqual({ end: { kind: 'exited', code: 0 }, stderr: '' });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lines[Number(line)] ?? line);
}

describe('a walled process', () => {
  test('has its folder, its input, its output, its arguments and its exit code', async () => {
    const where = await place();
    const spec = where.spec(
      'pwd; printf "%s\\n" "$1"; cat; echo said >&2; echo x >made; exit 7',
      {},
      { stdin: { data: 'in\n' } },
    );
    expect(await run(spec)).toMatchObject({
      end: { kind: 'exited', code: 7 },
      stdout: `${where.lane}\n${where.outside}\nin\n`,
      stderr: 'said\n',
      survivors: [],
    });
    expect(readFileSync(join(where.lane, 'made'), 'utf8')).toBe('x\n');
  });

  test('F53: changes nothing outside of what it may write, by no interpreter and through no link', async () => {
    const where = await place();
    const before = digest(where.outside);
    const writes = [
      'echo x >"$1/sub/file"',
      'echo x >"$1/new"',
      'echo x >link/sub/file',
      'echo x >"$PWD/../outside/sub/file"',
      'mv "$1/sub" "$1/gone"',
      'rm -rf "$1"',
      'chmod 777 "$1/sub/file"',
      'touch "$1/sub/file"',
      'ln "$1/sub/file" hard',
      'mv "$1/sub/file" moved',
      `node -e 'fs.writeFileSync(process.argv[1] + "/sub/file", "x")' "$1"`,
      `node -e 'fs.appendFileSync("link/sub/file", "x")'`,
      `python3 -c 'import sys; open(sys.argv[1] + "/sub/file", "w")' "$1"`,
      `touch ${repository}/walls-canary`,
      'touch /walls-canary',
      'touch /etc/walls-canary',
      'touch /dev/walls-canary',
      'echo core >/proc/sys/kernel/core_pattern',
      'echo 0 >/proc/sys/user/max_user_namespaces',
      'mkdir /sys/fs/cgroup/walls-canary',
    ];
    const allowed = [
      'echo x >mine',
      'echo x >/tmp/x',
      'echo x >/dev/shm/x',
      'echo x >"$TMPDIR/y"',
      'echo x >/dev/null',
    ];
    expect(await succeeding([...writes, ...allowed], where)).toEqual(allowed);
    expect(digest(where.outside)).toBe(before);
  });

  test('F53: cannot take its walls down, enter another namespace or reach what is covered', async () => {
    const where = await place();
    const before = digest(where.outside);
    const tries = [
      'mount -o remount,rw /',
      'mount -o remount,bind,rw none "$1"',
      'mount --bind "$PWD" "$1"',
      'mount -t tmpfs tmpfs /mnt',
      'mount -t proc proc /proc',
      'umount "$1"',
      'umount -l /tmp',
      'umount -l /dev',
      'umount -l /proc',
      'unshare --user true',
      'unshare --user --map-root-user --mount true',
      'unshare --mount true',
      'nsenter --target 1 --mount true',
      'nsenter --target 1 --user true',
      'ls /proc/1/root/',
      'ls /proc/1/cwd/',
      'cat /proc/1/environ',
      'chroot / true',
      'mknod disk b 254 0',
      'kill -KILL 1 && ! sleep 0.2',
    ];
    expect((await succeeding(tries, where)).filter((line) => !line.startsWith('kill'))).toEqual([]);
    const { stdout } = await run(where.spec('grep -E "^(CapEff|CapPrm|CapAmb|NoNewPrivs)" /proc/self/status'));
    expect(stdout.replace(/\s+/g, ' ')).toBe(
      'CapPrm: 0000000000000000 CapEff: 0000000000000000 CapAmb: 0000000000000000 NoNewPrivs: 1 ',
    );
    expect(digest(where.outside)).toBe(before);
  });

  test('F56: what is hidden looks empty, but for what is shown in it, read-only', async () => {
    const where = await place();
    const before = digest(where.outside);
    const file = join(where.root, 'token');
    writeFileSync(file, 'secret canary\n');
    const { stdout, stderr } = await run(
      where.spec('find "$1" | sort; cat "$1/sub/file"; cat "$1/key"; cat "$1/../token"; echo x >"$1/sub/file"', {
        hidden: [where.outside, file, join(where.root, 'nowhere')],
        shown: [join(where.outside, 'sub'), file, join(where.outside, 'nothing')],
      }),
    );
    expect(stdout).toBe(
      `${where.outside}\n${where.outside}/sub\n${where.outside}/sub/file\nas it was\nsecret canary\n`,
    );
    expect(stderr).toContain('Read-only file system');
    expect(digest(where.outside)).toBe(before);
  });

  test('has empty folders for what may be thrown away, also where the real one is full', async () => {
    const where = await place();
    const before = digest(where.outside);
    const { stdout } = await run(
      where.spec('ls "$1"; echo x >"$1/settings.json"; echo y >"$1/key"; cat "$1/settings.json" "$1/key"', {
        shown: [],
        scratch: [where.outside],
        writable: [where.lane],
      }),
    );
    expect(stdout).toBe('x\ny\n');
    expect(digest(where.outside)).toBe(before);
  });

  test('sees and signals no process but its own; sockets of the system and disks are not there', async () => {
    const where = await place();
    const bystander = start({ command: 'sleep', args: ['1000'], cwd: '/', env: { PATH } });
    onTestFinished(async () => void (await bystander.cancel('the test is over')));
    const { stdout } = await run(
      where.spec(
        `kill -KILL ${bystander.pid}; kill -KILL ${process.pid}; ls /dev; ls /run; ls -d /proc/[0-9]* | wc -l`,
      ),
    );
    const [count, ...rest] = stdout.trim().split('\n').reverse();
    expect(Number(count)).toBeLessThan(8);
    expect(
      rest.filter((name) => /^(?:[svx]d[a-z]|vd[a-z]|nvme|kmsg|mem|pts|docker\.sock|dbus|user)/.test(name)),
    ).toEqual([]);
    expect(process.kill(bystander.pid ?? 0, 0)).toBe(true);
  });
});

describe('from outside', () => {
  const ticking = `setsid nohup sh -c 'while true; do echo tick >>ticks; sleep 0.02; done' >/dev/null 2>&1 & `;

  async function standsStill(file: string): Promise<void> {
    const before = linesOf(file).length;
    await delay(200);
    expect(linesOf(file)).toHaveLength(before);
  }

  test('F42: a daemon that a walled process leaves behind is gone when its result is there', async () => {
    const where = await place();
    const ticks = join(where.lane, 'ticks');
    const child = start(where.spec(`${ticking} until [ -s ticks ]; do sleep 0.01; done`));
    expect(await child.result).toMatchObject({ end: { kind: 'exited', code: 0 }, survivors: [] });
    expect((await new Family(child.marker).look()).members).toEqual([]);
    await standsStill(ticks);
  });

  test('pause, resume and cancel reach everything within the walls', async () => {
    const where = await place();
    const ticks = join(where.lane, 'ticks');
    const child = start(where.spec(`trap "" TERM; ${ticking} while true; do sleep 0.02; done`, {}, { graceMs: 100 }));
    onTestFinished(async () => void (await child.cancel('the test is over')));
    await until('it ticks', () => linesOf(ticks).length > 3);
    expect((await child.pause()).reached).toBeGreaterThanOrEqual(5);
    await standsStill(ticks);
    const before = linesOf(ticks).length;
    await child.resume();
    await until('it ticks again', () => linesOf(ticks).length > before);
    expect((await child.cancel('enough')).survivors).toEqual([]);
    expect((await child.result).end).toEqual({ kind: 'cancelled', reason: 'enough' });
    expect((await new Family(child.marker).look()).members).toEqual([]);
    await standsStill(ticks);
  });

  test('what a crashed agent left within walls is found by its marker', async () => {
    const where = await place();
    const child = start(where.spec(`${ticking} while true; do sleep 0.02; done`));
    onTestFinished(async () => void (await child.cancel('the test is over')));
    const ticks = join(where.lane, 'ticks');
    await until('it ticks', () => linesOf(ticks).length > 0);
    expect((await reapMarked(child.marker)).survivors).toEqual([]);
    await child.result;
    await standsStill(ticks);
  });
});

describe('whether there can be walls', () => {
  test('they stand on this machine', async () => {
    expect(await probeSandbox({ PATH, HOME: await scratch('home') })).toBeUndefined();
  });

  test('without the command there is a reason', async () => {
    const nowhere = await scratch('empty');
    expect(await probeSandbox({ PATH: nowhere, HOME: nowhere })).toMatch(/unshare was not found/);
  });

  test('where the kernel refuses, its words are the reason', async () => {
    const folder = await scratch('refusing');
    executable(
      join(folder, 'unshare'),
      '#!/bin/sh\necho "unshare: unshare failed: Operation not permitted" >&2\nexit 1\n',
    );
    expect(await probeSandbox({ PATH: `${folder}:${PATH}`, HOME: folder })).toBe(
      'unshare: unshare failed: Operation not permitted',
    );
  });

  test('walls that do not hold are none', async () => {
    const folder = await scratch('open');
    // Skips to the command, as if all of it had worked.
    executable(join(folder, 'unshare'), '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift\nexec "$@"\n');
    expect(await probeSandbox({ PATH: `${folder}:${PATH}`, HOME: folder })).toMatch(/stayed writable/);
  });
});
