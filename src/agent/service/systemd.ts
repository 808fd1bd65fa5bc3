import { mkdtemp, readdir, readlink, rm, rmdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { MendwatchError } from '../../errors.ts';
import type { ServiceFacts } from './facts.ts';
import { ownText, textOf, writeServiceFile } from './file.ts';
import type { Done, ServiceKeeper, ServiceStanding } from './keeper.ts';
import { type Answer, ask, type Machine, settingsFolder } from './machine.ts';
import { firstLine, unitText } from './unit.ts';

/** A start is waited for as long as the unit lets it take. */
const startMs = 11 * 60_000;

/** What of systemd is here: an older one does not know all keys, and one without its tool hears nothing of the agent. */
export async function lookAtSystemd(machine: Machine): Promise<ServiceFacts['systemd']> {
  const [version, notify] = await Promise.all([
    ask(machine, 'systemctl', ['--version']),
    ask(machine, 'systemd-notify', ['--version']),
  ]);
  const number = version.kind === 'done' ? Number(/^systemd (\d+)/.exec(version.stdout)?.[1] ?? 0) : 0;
  return { version: number, hasNotify: notify.kind === 'done' };
}

function unitName(id: string): string {
  return `mendwatch-${id}.service`;
}

export function unitFile(machine: Machine, id: string): string {
  return join(settingsFolder(machine), 'systemd', 'user', unitName(id));
}

export function systemdKeeper(machine: Machine, facts: ServiceFacts): ServiceKeeper {
  const name = unitName(facts.id);
  const file = unitFile(machine, facts.id);
  const text = unitText(facts);
  const systemctl = (args: readonly string[], timeoutMs?: number): Promise<Answer> =>
    ask(machine, 'systemctl', ['--user', ...args], timeoutMs);
  return {
    name,
    file,
    text,
    install: async () => {
      const putBack = await writeServiceFile(file, text, firstLine);
      const problem = await verify(machine, file);
      if (problem !== undefined) {
        await putBack();
        throw new MendwatchError(`systemd does not take the unit: ${problem}`);
      }
      const reloaded = await systemctl(['daemon-reload']);
      if (reloaded.kind !== 'done') return byHand(name, file, reloaded);
      return begin(machine, name, systemctl);
    },
    uninstall: () => remove(name, file, systemctl),
    standing: () => standingOf(name, file, text, systemctl),
  };
}

/** What systemd has to say against the file. Undefined: nothing, or it cannot be asked. */
async function verify(machine: Machine, file: string): Promise<string | undefined> {
  // Without a session of the user there is no folder for it, and it wants one.
  const runtime = machine.launch.XDG_RUNTIME_DIR ?? (await mkdtemp(join(tmpdir(), 'mendwatch-')));
  const launch = { ...machine.launch, XDG_RUNTIME_DIR: runtime };
  try {
    const answer = await ask({ ...machine, launch }, 'systemd-analyze', ['--user', '--man=no', 'verify', file]);
    return answer.kind === 'failed' && answer.said.includes(file.slice(file.lastIndexOf('/') + 1))
      ? answer.said
      : undefined;
  } finally {
    if (runtime !== machine.launch.XDG_RUNTIME_DIR) await rm(runtime, { recursive: true, force: true });
  }
}

async function begin(
  machine: Machine,
  name: string,
  systemctl: (args: readonly string[], timeoutMs?: number) => Promise<Answer>,
): Promise<Done> {
  const enabled = await systemctl(['enable', name]);
  if (enabled.kind !== 'done') throw refused('be enabled', enabled);
  // One that has failed too often is not started again without this; one that runs gets the new unit.
  await systemctl(['reset-failed', name]);
  const started = await systemctl(['restart', name], startMs);
  if (started.kind !== 'done') {
    throw new MendwatchError(`The service was installed and did not come up: ${saidBy(started)}`, {
      remedy: `\`journalctl --user -u ${name} -n 20\` says why. systemd tries again unless the configuration is wrong; \`mendwatch service uninstall\` takes it back.`,
    });
  }
  return { isRunning: true, advice: await lingering(machine) };
}

/** Without lingering, systemd ends the services of a user with his last session. */
async function lingering(machine: Machine): Promise<readonly string[]> {
  const user = userInfo().username;
  const answer = await ask(machine, 'loginctl', ['show-user', user, '--property=Linger', '--value']);
  if (answer.kind === 'done' && answer.stdout === 'yes') return ['It starts with the machine.'];
  return [
    `It runs while you are logged in. \`loginctl enable-linger ${user}\` lets it start with the machine and stay.`,
  ];
}

function byHand(name: string, file: string, answer: Answer): Done {
  const why =
    answer.kind === 'missing'
      ? 'There is no systemctl here, so nothing was started.'
      : `The systemd of this user does not answer, so nothing was started: ${saidBy(answer)}`;
  return {
    isRunning: false,
    advice: [
      `${file} is written. ${why}`,
      'In a session of this user, on a machine with systemd:',
      `  systemctl --user daemon-reload && systemctl --user enable --now ${name}`,
      'To let it start with the machine:',
      '  loginctl enable-linger',
      'Elsewhere `mendwatch start --detach` runs the agent in the background.',
    ],
  };
}

async function remove(
  name: string,
  file: string,
  systemctl: (args: readonly string[], timeoutMs?: number) => Promise<Answer>,
): Promise<readonly string[]> {
  await ownText(file, firstLine, 'Remove it by hand if it is not needed.');
  const stopped = await systemctl(['disable', '--now', name], startMs);
  await rm(file, { force: true });
  await removeLinks(dirname(file), name);
  if (stopped.kind === 'missing') return [];
  const reloaded = await systemctl(['daemon-reload']);
  await systemctl(['reset-failed', name]);
  return reloaded.kind === 'done' || stopped.kind === 'done'
    ? []
    : ['The systemd of this user does not answer: should the service still run, `mendwatch stop` stops the agent.'];
}

/** What `enable` has made, where `disable` could not be asked. */
async function removeLinks(folder: string, name: string): Promise<void> {
  const wants = join(folder, 'default.target.wants');
  const link = join(wants, name);
  const isLink = await readlink(link).then(
    () => true,
    () => false,
  );
  if (isLink) await rm(link);
  const rest = await readdir(wants).catch(() => undefined);
  if (rest?.length === 0) await rmdir(wants);
}

async function standingOf(
  name: string,
  file: string,
  text: string,
  systemctl: (args: readonly string[]) => Promise<Answer>,
): Promise<ServiceStanding> {
  const found = await textOf(file);
  const answer = await systemctl(['show', name, '--property=ActiveState,SubState,MainPID,UnitFileState']);
  const shown = new Map(
    (answer.kind === 'done' ? answer.stdout : '').split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  const [active, sub, pid] = [shown.get('ActiveState'), shown.get('SubState'), Number(shown.get('MainPID') ?? 0)];
  return {
    name,
    file,
    installed: found !== undefined,
    current: found === text,
    enabled: active === undefined ? null : shown.get('UnitFileState') === 'enabled',
    active: active === undefined ? null : active === 'active',
    state: active === undefined ? null : `${active} (${sub})`,
    pid: pid > 0 ? pid : null,
  };
}

function refused(what: string, answer: Answer): MendwatchError {
  return new MendwatchError(`The service could not ${what}: ${saidBy(answer)}`);
}

function saidBy(answer: Answer): string {
  return answer.kind === 'failed' ? answer.said : 'there is no such command';
}
