/**
 * For every command: words that it cannot take, and what it says was expected. A wrong option is tried with each, and no
 * words with each that needs some.
 */
export const wrong: Readonly<Record<string, readonly (readonly [words: string, says: string])[]>> = {
  help: [['statuss', 'There is no command statuss; did you mean status?']],
  init: [['a b', 'init: too many words (a, b): expected [folder].']],
  start: [['--json --plain', '--plain and --json were given: expected one of them.']],
  status: [['--watch --check', '--watch and --check were given: expected one of them.']],
  logs: [
    ['--lines', 'logs: expected a value after --lines.'],
    ['--lines many', '--lines many: expected a number up to 1000000.'],
    ['--level loud', '--level loud: expected one of trace, debug, info, warn, error, fatal.'],
    ['--since when', '--since when: expected a time as in 45s, 30m, 2h, 1d, or a date.'],
    ['--task x', '--task x: expected the id of a task or its beginning'],
  ],
  events: [],
  stop: [['--timeout x', '--timeout x: expected a number of seconds, up to 86400.']],
  pause: [],
  resume: [],
  snooze: [['soon', 'snooze soon: expected a number with s, m, h or d, as in 30m, up to 30d.']],
  tasks: [],
  show: [['a b', 'show: too many words (a, b): expected <id>.']],
  undo: [],
  apply: [],
  retry: [],
  cancel: [],
  escalations: [],
  execute: [
    ['', 'execute: expected a task, or --list with a file of tasks.'],
    ['x --timeout 0', '--timeout 0: expected a number above 0, up to 86400.'],
    ['--list nowhere.json', 'nowhere.json'],
  ],
  verify: [
    ['', 'verify: expected the id of an execution, or --list.'],
    ['1 --result nowhere.json', '--result nowhere.json: there is no file'],
  ],
  serve: [],
  mcp: [],
  doctor: [['--contract --fix', '--contract goes with --json only']],
  service: [['start', 'service start: expected install, uninstall or status.']],
  clean: [
    ['--older 3', '--older 3: expected a number with s, m, h or d, as in 30d.'],
    ['--runs --all', '--runs and --all were given: expected one of them.'],
  ],
  completion: [['tcsh', 'completion tcsh: expected bash, zsh or fish.']],
  schema: [['nothing', 'There is no schema nothing.']],
};
