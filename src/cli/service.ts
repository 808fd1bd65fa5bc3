import type { ServiceStanding } from '../agent/service/keeper.ts';
import { openService, type Service } from '../agent/service/service.ts';
import { loadConfig } from '../config/load.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import type { Config } from '../config/types.ts';
import { ExitCode } from '../errors.ts';
import { print, printJson } from './look.ts';
import { onSignals } from './signals.ts';
import { wrong } from './wrong.ts';

interface Options {
  readonly env?: string;
  readonly json?: boolean;
}

/** `service install | uninstall | status` */
export async function runService(what: string, { env: names = '', json = false }: Options): Promise<number> {
  const act = acts[what];
  if (act === undefined) {
    throw wrong(`service ${what}: expected install, uninstall or status.`);
  }
  const launch = launchEnvironment();
  const cwd = process.cwd();
  const config = loadConfig({ env: launch, cwd, packageRoot: findPackageRoot() });
  const interrupted = new AbortController();
  const forgetSignals = onSignals(() => interrupted.abort('interrupted'));
  try {
    const { platform } = process;
    const uid = process.getuid?.() ?? 0;
    const variables = names.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
    const machine = { platform, launch, uid, signal: interrupted.signal };
    return await act(await openService({ machine, config, cwd, variables }), config, json);
  } finally {
    forgetSignals();
  }
}

const acts: Readonly<Record<string, (service: Service, config: Config, json: boolean) => Promise<number>>> = {
  install: async (service, { projectRoot, settingsFile }, json) => {
    const { isRunning, advice } = await service.install();
    const { file, leftOut } = service;
    if (json) return printJson({ file, running: isRunning, advice, left_out: leftOut });
    return print(
      [
        ...(isRunning ? [`The service watches ${projectRoot}: ${file}`] : []),
        ...advice,
        ...(leftOut.length === 0 ? [] : ['Set here, and not for the service:']),
        ...leftOut.map(({ name, why }) => `  ${name}: ${why}; set it in ${settingsFile} if the agent needs it`),
      ].join('\n'),
    );
  },
  uninstall: async (service, { projectRoot }, json) => {
    const { installed } = await service.standing();
    const advice = await service.uninstall();
    const { file } = service;
    if (json) return printJson({ file, removed: installed, advice });
    const said = installed
      ? `The service for ${projectRoot} is removed: ${file}`
      : `There was no service for ${projectRoot}.`;
    return print([said, ...(installed ? advice : [])].join('\n'));
  },
  status: async (service, config, json) => {
    const standing = await service.standing();
    if (json) printJson(standing);
    else print(standingLines(standing, config).join('\n'));
    return standing.installed && standing.active !== false ? ExitCode.done : ExitCode.notRunning;
  },
};

function standingLines(standing: ServiceStanding, { projectRoot }: Config): readonly string[] {
  const { name, file, installed, current, enabled, active, state, pid } = standing;
  if (!installed && active !== true) {
    return [`There is no service for ${projectRoot}.`, '`mendwatch service install` makes one.'];
  }
  const process = pid === null ? '' : `, process ${pid}`;
  return [
    `${name}: ${active === null ? 'installed; what keeps services does not answer here' : `${state ?? 'not loaded'}${process}`}`,
    ...(enabled === null ? [] : [enabled ? 'Starts by itself.' : 'Does not start by itself.']),
    `File: ${file}${installed ? '' : ' (gone)'}`,
    ...(current || !installed
      ? []
      : [
          'It was made for other settings, another environment or another Node; `mendwatch service install` makes it anew.',
        ]),
  ];
}
