import type { Command } from 'commander';
import { type Add, asJson, later, type OtherDoors } from './entry.ts';
import { wrapped } from './wrap.ts';

/** What runs tasks and commands without the agent. */
export function addExecutor(add: Add, doors: OtherDoors): void {
  add(
    'execute [task]',
    {
      summary: 'give Claude one task, or a list of them',
      about: 'give Claude one task, or a list of them one after another; the result is JSON',
      words: { task: 'what Claude shall do' },
      options: [
        ['--list <file>', 'a JSON file with the tasks'],
        ['--resume', 'go on where the list stopped'],
        ['--keep-going', 'go on after a task that was not completed'],
        ['--timeout <seconds>', 'the longest that one task may take'],
        ['--tools <names>', 'what Claude may use, with commas between: Read,Edit,Write,Grep,Glob,NotebookEdit,Bash'],
        ['--model <name>', 'the model'],
        ['--max-cost <dollars>', 'the most that one task may cost'],
        ['--cwd <folder>', 'where Claude works, in place of PROJECT_ROOT'],
        ['--json', 'the result in one line, and what goes on as JSON, too'],
      ],
      examples: [
        'mendwatch execute "Say what this project does" --tools Read,Glob',
        'mendwatch execute --list tasks.json --keep-going',
      ],
    },
    later(
      () => import('./execute.ts'),
      (its) => its.runExecute,
    ),
  );
  add(
    'verify [id]',
    {
      summary: 'whether log, record and transcript of an execution agree',
      words: { id: 'the id of an execution, or its beginning' },
      options: [
        ['--list', 'the latest executions in place of that'],
        ['--result <file>', 'compare this result as well; - is standard input'],
        ['--cwd <folder>', 'where it was run, in place of PROJECT_ROOT'],
        asJson,
      ],
    },
    later(
      () => import('./verify.ts'),
      (its) => its.runVerify,
    ),
  );
  add('serve', { summary: 'run commands for clients over WebSocket, until Ctrl-C' }, async () =>
    doors.serve((await import('./look.ts')).print),
  );
  add('mcp', { summary: 'serve an agent over standard input and output (MCP)' }, () => {
    sayWhoseItIs();
    return doors.mcp();
  });
}

/** Who types it would wait for something to happen. */
function sayWhoseItIs(): void {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return;
  stderr.write(
    `${wrapped('This speaks MCP, for the agent that starts it: there is nothing to type here. Ctrl-C ends it.', stderr)}\n`,
  );
}

/** What keeps it well. */
export function addUpkeep(add: Add, program: Command): void {
  addDoctor(add);
  add(
    'service <what>',
    {
      summary: 'install, uninstall or status: the agent as a service',
      about: 'the agent as a service of this user: it starts when you log in, and again after a crash',
      words: { what: 'install, uninstall or status' },
      options: [
        ['--env <names>', 'with install: more variables of this environment to keep, with commas between'],
        asJson,
      ],
      examples: ['mendwatch service install --env DATABASE_HOST,CI'],
    },
    later(
      () => import('./service.ts'),
      (its) => its.runService,
    ),
  );
  addClean(add);
  addTexts(add, program);
}

function addDoctor(add: Add): void {
  add(
    'doctor',
    {
      summary: 'check everything that the agent needs, and how to mend it',
      about: 'check everything that the agent needs, and say how to mend it',
      options: [
        ['--fix', 'do what is safe: make folders, close files to others, add lines to .gitignore, remove a dead lock'],
        ['--live', 'make one small call of Claude, which costs a little'],
        ['--contract', 'only compare Claude Code with how it behaved when this was built; takes about a minute'],
        ['--settings', 'list every setting, also those that have their default'],
        asJson,
      ],
    },
    later(
      () => import('./doctor.ts'),
      (its) => its.runDoctor,
    ),
  );
}

function addClean(add: Add): void {
  add(
    'clean',
    {
      summary: 'say what is kept of this project, and remove its cache',
      about: 'say what is kept of this project, and remove its cache; with an option: other things',
      options: [
        ['--runs', 'the runs that nothing needs any more'],
        ['--older <time>', 'with --runs: only those older than this: 12h, 30d'],
        ['--all', 'cache, runs, logs and executions, but for what undo and parked fixes need'],
        ['--everything', 'all that Mendwatch has made for this project, the service included: uninstalls it'],
        ['--settings', 'with --everything: also the settings file'],
        ['--stale', 'caches of other projects that are gone or were not used for 60 days'],
        ['--force', 'with --all: also what undo and parked fixes need'],
        ['--dry-run', 'only say what would be removed'],
        ['-y, --yes', 'ask nothing'],
        ['--json', 'as JSON, asking nothing'],
      ],
      examples: ['mendwatch clean --runs --older 30d --dry-run'],
    },
    later(
      () => import('./clean.ts'),
      (its) => its.runClean,
    ),
  );
}

/** Texts for shells and programs, about this command line. */
function addTexts(add: Add, program: Command): void {
  add(
    'completion <shell>',
    {
      summary: 'completion of commands, options and ids: bash, zsh or fish',
      words: { shell: 'bash, zsh or fish' },
      examples: [
        'bash: eval "$(mendwatch completion bash)"     # in ~/.bashrc',
        'zsh:  source <(mendwatch completion zsh)      # in ~/.zshrc, after compinit',
        'fish: mendwatch completion fish | source      # in config.fish',
      ],
    },
    async (shell: string) => (await import('./completion.ts')).runCompletion(shell, program),
  );
  add(
    'schema [name]',
    {
      summary: 'the JSON Schema of what a command says with --json',
      words: { name: 'as in status or events; without it all names' },
      examples: ['mendwatch schema status'],
    },
    later(
      () => import('./schema.ts'),
      (its) => its.runSchema,
    ),
  );
}
