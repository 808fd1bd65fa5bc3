import { type Add, asJson, later } from './entry.ts';

const start = () => import('./start.ts');
const tell = () => import('./tell.ts');

/** From the first day on: what watches, and what it is told. */
export function addAgent(add: Add): void {
  add(
    'init [folder]',
    {
      summary: 'set Mendwatch up for the project here, or in this folder',
      words: { folder: 'the project; without it the one around the current folder' },
      options: [
        ['-y, --yes', 'ask nothing and take what was found'],
        ['--json', 'as JSON, asking nothing'],
      ],
    },
    later(
      () => import('./init.ts'),
      (its) => its.runInit,
    ),
  );
  add(
    'start',
    {
      summary: 'watch the project; with --detach in the background',
      about: 'watch the project in the foreground until Ctrl-C, or with --detach in the background',
      options: [
        ['--plain', 'lines for people, also where the output is not a terminal and would be JSON'],
        ['--detach', 'in the background, as a process of its own'],
        ['--json', 'the lines of the log as JSON; with --detach: what was started'],
      ],
    },
    later(start, (its) => its.runStart),
  );
  addLooking(add);
  addTelling(add);
}

function addLooking(add: Add): void {
  add(
    'status',
    {
      summary: 'what the agent is doing, and whether all is well',
      about: 'what the agent is doing and how it is, from its state file, whether it runs or not',
      options: [
        ['--watch', 'keep showing it until q or Ctrl-C'],
        ['--check', 'for monitors: exit code 0 all well, 1 with a line for each thing that is not, 4 not running'],
        asJson,
      ],
    },
    later(
      () => import('./status.ts'),
      (its) => its.runStatus,
    ),
  );
  add(
    'logs',
    {
      summary: 'the last lines of the log, for people',
      options: [
        ['-n, --lines <number>', 'so many of them; 50 by default, or all that --since asks for'],
        ['--level <name>', 'these and worse ones: debug, info, warn, error'],
        ['--task <id>', 'of this task; the id may be shortened'],
        ['--since <time>', 'not older than this: 45s, 30m, 2h, 1d, or a date'],
        ['-f, --follow', 'go on with what comes, until Ctrl-C'],
        ['--json', 'the lines as they are in the file'],
      ],
      examples: ['mendwatch logs --since 2h --level warn', 'mendwatch logs --task 37f2 --follow'],
    },
    later(
      () => import('./logs.ts'),
      (its) => its.runLogs,
    ),
  );
  add(
    'events',
    {
      summary: 'what the running agent does, as it does it, until Ctrl-C',
      options: [['--json', 'as JSON, one event a line: `mendwatch schema events` describes them']],
    },
    later(
      () => import('./follow.ts'),
      (its) => its.runEvents,
    ),
  );
}

function addTelling(add: Add): void {
  add(
    'stop',
    {
      summary: 'stop the agent; what is under way may come to its end',
      options: [
        ['--timeout <seconds>', 'wait for its end no longer than this', '60'],
        ['--force', 'end at once what is under way'],
        asJson,
      ],
    },
    later(tell, (its) => its.runStop),
  );
  add(
    'pause',
    { summary: 'take up no task until `resume`, also over restarts', options: [asJson] },
    later(tell, (its) => its.runPause),
  );
  add(
    'resume',
    { summary: 'go on after `pause` or `snooze`', options: [asJson] },
    later(tell, (its) => its.runResume),
  );
  add(
    'snooze <time>',
    {
      summary: 'begin no fix for this long: 45s, 30m, 2h, 1d',
      words: { time: 'a number with s, m, h or d, as in 30m' },
      options: [asJson],
    },
    later(tell, (its) => its.runSnooze),
  );
}
