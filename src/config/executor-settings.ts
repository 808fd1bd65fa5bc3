import { daySeconds, type Setting } from './setting.ts';
import { flag, list, oneOf, origins, port, seconds, secret, wholeNumber, word } from './values.ts';

/** Those of the executor and of the hooks. */
export const executorSettings = {
  EXECUTOR_HOST: {
    schema: word('a host name or an address of this machine, for example 127.0.0.1'),
    default: '127.0.0.1',
    description: 'Where the executor listens; beyond this machine it needs a token and ALLOWED_COMMANDS.',
    example: '0.0.0.0',
  },
  EXECUTOR_PORT: {
    schema: port(),
    default: '8003',
    description: 'The port of the executor; 0 takes a free one.',
    example: '9003',
  },
  EXECUTOR_TOKEN: {
    schema: secret(),
    otherwise: 'made at first start, in executor/token beside the state file',
    description: 'What clients of the executor have to know, at least 16 characters.',
    example: 'a-long-random-text',
    secret: true,
  },
  EXECUTOR_AUTH: {
    schema: oneOf(['token', 'none']),
    default: 'token',
    description: 'With none any program on this machine may run ALLOWED_COMMANDS without a token.',
    example: 'none',
  },
  EXECUTOR_ORIGINS: {
    schema: origins(),
    otherwise: 'none: browsers are refused',
    description: 'Web pages, by origin, that may speak to the executor, with commas between.',
    example: 'http://localhost:3000',
  },
  EXECUTOR_COMPRESSION: {
    schema: flag(),
    default: 'false',
    description: 'Compresses what the executor sends: for slow networks, at a price in processor time.',
    example: 'true',
  },
  ALLOWED_COMMANDS: {
    schema: list(),
    otherwise: 'any command, in a shell, for clients on this machine that know the token',
    description: 'Programs that the executor may run, without a shell, with commas between.',
    example: 'claude,git,/usr/bin/make',
  },
  MAX_SESSIONS: {
    schema: wholeNumber('sessions', { min: 1, max: 10_000 }),
    default: '100',
    description: 'Clients of the executor at once.',
    example: '20',
  },
  SESSION_TIMEOUT: {
    schema: seconds({ min: 1, max: 7 * daySeconds }),
    default: '3600',
    description: 'Seconds after which a session of the executor ends in which nothing happens.',
    example: '600',
  },
  STREAM_TIMEOUT: {
    schema: seconds({ min: 0.1, max: 7 * daySeconds }),
    default: '600',
    description: 'Seconds that a command may run where neither the call nor its history says more.',
    example: '1800',
  },
  MAX_OUTPUT_BYTES: {
    schema: wholeNumber('bytes', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    default: '4294967296',
    description: 'What a command of the executor may print before it is ended.',
    example: '1073741824',
  },
  HOOKS_ENABLED: {
    schema: flag(),
    default: 'true',
    description: 'With false, none of your own programs in automation/hooks is asked or told.',
    example: 'false',
  },
  HOOK_TIMEOUT_SECONDS: {
    schema: seconds({ min: 0.1, max: 3600 }),
    default: '10',
    description: 'The longest that one run of a hook may take.',
    example: '30',
  },
} satisfies Record<string, Setting<unknown>>;
