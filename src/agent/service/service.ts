import { projectFolderName } from '../../config/places.ts';
import { serviceEnvironment } from '../../config/service-environment.ts';
import type { Config } from '../../config/types.ts';
import { AlreadyRunningError, ExitCode, MendwatchError } from '../../errors.ts';
import { ownProgram } from '../program.ts';
import { reachAgent } from '../reach-agent.ts';
import { askedIn, type ServiceFacts } from './facts.ts';
import { textOf } from './file.ts';
import type { Done, ServiceKeeper, ServiceStanding } from './keeper.ts';
import { launchdKeeper, plistFile } from './launchd.ts';
import type { Machine } from './machine.ts';
import { lookAtSystemd, systemdKeeper, unitFile } from './systemd.ts';

export interface ServiceOptions {
  readonly machine: Machine;
  readonly config: Config;
  /** Settings in the environment may be relative to it. */
  readonly cwd: string;
  /** Names of variables that the service shall have beside those that it gets in any case. */
  readonly variables: readonly string[];
}

/** The agent as a service of this user, for one project. */
export interface Service {
  readonly file: string;
  /** What is set here and not there, each with the reason. */
  readonly leftOut: ReadonlyArray<{ readonly name: string; readonly why: string }>;
  /** @throws AlreadyRunningError while an agent runs that the service would collide with */
  install(): Promise<Done>;
  uninstall(): Promise<readonly string[]>;
  standing(): Promise<ServiceStanding>;
}

/** Long enough for people, short enough for file names. */
const longestName = 120;
/** A person at the machine comes before the agent; its tests have a priority of their own. */
const agentNice = 5;

export async function openService(options: ServiceOptions): Promise<Service> {
  const { machine, config, cwd } = options;
  const { packageRoot, projectRoot, shutdownGraceMs, heartbeatMs, logFile } = config;
  const id = projectFolderName(projectRoot).slice(-longestName);
  const asked = await askedFor(options, id);
  const { variables, leftOut } = serviceEnvironment({ env: machine.launch, cwd, packageRoot }, config, asked);
  const facts: ServiceFacts = {
    ...{ id, asked },
    projectRoot,
    program: ownProgram(packageRoot, 'start'),
    variables,
    ...{ shutdownGraceMs, heartbeatMs, logFile, nice: agentNice },
    systemd: machine.platform === 'linux' ? await lookAtSystemd(machine) : { version: 0, hasNotify: false },
  };
  const keeper = keeperOf(machine, facts);
  return {
    file: keeper.file,
    leftOut,
    install: async () => {
      await refuseBeside(config, await keeper.standing());
      return keeper.install();
    },
    uninstall: () => keeper.uninstall(),
    standing: () => keeper.standing(),
  };
}

/** As they were asked for last, where nobody asks: those that are still there. */
async function askedFor({ machine, variables }: ServiceOptions, id: string): Promise<readonly string[]> {
  if (variables.length > 0) return variables;
  const file = machine.platform === 'darwin' ? plistFile(machine, id) : unitFile(machine, id);
  return askedIn((await textOf(file)) ?? '').filter((name) => (machine.launch[name] ?? '') !== '');
}

function keeperOf(machine: Machine, facts: ServiceFacts): ServiceKeeper {
  switch (machine.platform) {
    case 'linux':
      return systemdKeeper(machine, facts);
    case 'darwin':
      return launchdKeeper(machine, facts);
    default:
      throw new MendwatchError(`There are no services for ${machine.platform} yet, only for Linux and macOS.`, {
        remedy: '`mendwatch start --detach` runs the agent in the background.',
        exitCode: ExitCode.configuration,
      });
  }
}

/** The agent that somebody started by hand would keep the service from starting. */
async function refuseBeside(config: Config, { active }: ServiceStanding): Promise<void> {
  if (active === true || (await reachAgent(config)) === undefined) return;
  throw new AlreadyRunningError(
    `An agent is already running on ${config.projectRoot}, and it is not the service.`,
    '`mendwatch stop` stops it; then install the service.',
  );
}
