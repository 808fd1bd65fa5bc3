/** What the product has to do. `built` is switched on with the capability; from then on a test must name the id. */
export interface Requirement {
  readonly id: string;
  readonly sentence: string;
  readonly built: boolean;
}

const planned: ReadonlyArray<readonly [id: string, sentence: string]> = [
  ['WATCH-1', 'A change is a pending task in the state file within 100 ms of the quiet period (p99 under 25 ms)'],
  ['WATCH-2', 'The quiet period can be set, 2 s by default; all changes within it make one batch'],
  ['WATCH-3', 'A batch is closed after a longest wait or at a largest size, even if the tree never rests'],
  ['WATCH-4', 'What the agent itself writes makes no task, wherever its folders are'],
  [
    'WATCH-5',
    'Changes during work wait in the queue; switching 10,000 files is one batch, complete and in bounded memory',
  ],
  ['WATCH-6', 'A fault of the watcher is logged, visible in the health, and tried again while the agent goes on'],
  ['QUEUE-1', 'Four queues under their known names; 50 completed, 50 failed and 100 events of history are kept'],
  ['QUEUE-2', 'Tasks go from pending to in progress to completed or failed, and a restart loses none'],
  ['QUEUE-3', 'A file has one pending task, a regression one task however many files it touches'],
  ['QUEUE-4', 'By hand before automatic, urgent before normal, and the oldest first among equals'],
  ['QUEUE-5', 'Several tasks run at once where configured, never two on the same files'],

  [
    'CLAUDE-1',
    'One interactive Claude stays open for strategies, reads only, and is replaced when it dies or has grown too large',
  ],
  ['CLAUDE-2', 'Each attempt at a fix is a headless Claude with a fresh context'],
  ['CLAUDE-3', 'Without an answer of the interactive Claude a plain strategy is used'],
  ['CLAUDE-4', 'Rate limit, overload, no credit and no login are told apart; none of them counts as a failed fix'],
  [
    'CLAUDE-5',
    'Cost is reserved before a call and settled after it, per task and per day, also over a crash; the limit is obeyed and told',
  ],
  ['CLAUDE-6', "The watched repository's own Claude settings, hooks and servers do not run"],
  ['CLAUDE-7', 'doctor --contract compares the installed CLI with the behaviour that this was built on'],

  ['FIX-1', 'The wait between attempts grows; after MAX_RETRIES attempts people are told'],
  ['FIX-2', 'A breaker for each file opens after N failures in a window, tries again half-open, and survives restarts'],
  ['FIX-3', 'An attempt knows what the earlier ones tried and why they were rejected'],
  ['FIX-4', 'With AUTO_FIX_ENABLED=false regressions are reported and no model is called'],
  ['VERIFY-1', "Only the harness's own test run makes a fix count; the results are kept in test_results"],
  ['VERIFY-2', 'Only a test that went from green to red makes work; a suite that was red before makes none'],
  [
    'VERIFY-3',
    'A patch that touches tests, snapshots, test or CI settings, lockfiles, .git, agent settings or secrets is rejected with the reason',
  ],
  ['VERIFY-4', 'A fix makes no test vanish, be skipped or turn red'],
  ['VERIFY-5', 'A flaky test is recognised before anything is paid'],
  [
    'VERIFY-6',
    'A test runner that is missing, hangs or floods fails the task with a clear reason, and the agent goes on',
  ],
  [
    'VERIFY-7',
    'Runners: vitest, jest, node:test, mocha, pytest, go, cargo, JUnit XML, any command; checks count like tests',
  ],
  ['VERIFY-8', 'A verdict is a cold run in a cleaned lane; a warm runner may only triage'],
  [
    'LAND-1',
    'A patch lands only on the tree that it was proven on, else it is replayed and proven again or parked; the repository of the person is untouched',
  ],
  ['LAND-2', 'One command takes any landing back'],
  ['LAND-3', 'What cannot land is a parked patch that one command applies'],
  ['LAND-4', 'What was undone is left alone until it was green once or is asked for again'],
  ['LAND-5', 'The person comes first: a mend by hand cancels the model, reverts are marked, fixes can be snoozed'],

  [
    'ESC-1',
    'After the last attempt or at an open breaker: a GitHub issue, a Slack message, an e-mail, whichever are set up',
  ],
  ['ESC-2', 'One open issue a fingerprint: commented on, opened again, and closed when its tests are green'],
  [
    'ESC-3',
    'Reports survive crashes, lost networks, 429 and 5xx; a second issue for the same fingerprint is closed by us',
  ],
  [
    'ESC-4',
    'A report says the failing tests, the change behind them, each attempt with its verdict, the cost and what to do; no secrets; within the size limits',
  ],

  ['RUN-1', 'A sign of life in the state file every 30 s'],
  ['RUN-2', 'Every 5 min state, watcher, test runner and Claude are checked; the result is logged and shown by status'],
  [
    'RUN-3',
    'SIGTERM or SIGINT: no new work, 30 s for the current task, else it is put back; then statistics; a second signal forces',
  ],
  ['RUN-4', 'A second start is refused and told who runs; the lock of a dead process is taken over'],
  ['RUN-5', 'Statistics with success rate and cost'],
  ['RUN-6', 'An exception inside a task ends that task alone and is logged with it'],
  ['RUN-7', 'kill -9 at any moment loses no task, lands nothing twice and tears no file'],
  ['RUN-8', 'At rest under 100 MB and 1 % of a core on 20,000 files'],
  ['RUN-9', 'No secret is logged or stored; the state is changed under a file lock'],
  [
    'RUN-10',
    'A damaged, older or unwritable state file is told clearly; the last good copy is kept and nothing thrown away',
  ],
  [
    'RUN-11',
    'Why nothing happens can always be seen: tests watched of all tests, what is ignored, gated, muted or known red',
  ],
  [
    'RUN-12',
    'The first start says what is watched, what leaves the machine, the money limits, and that tests run unreviewed patches',
  ],

  ['EXEC-1', 'Tasks of a list run one after another, shown by order and by timing'],
  ['EXEC-2', 'Each Claude has a fresh context; results pass through files'],
  ['EXEC-3', 'PAUSE, RESUME and CANCEL reach every descendant'],
  ['EXEC-4', 'Endless or fast output and slow readers: bounded memory, nothing lost'],
  ['EXEC-5', 'Many clients at once, each with a queue; sessions, connections and output are limited'],
  ['EXEC-6', 'An allow-list that shell syntax cannot pass, authentication, a check of the origin'],
  [
    'EXEC-7',
    'Hooks before and after: checked at start, limited in time, failures visible, a breaker, one switch for all',
  ],
  ['EXEC-8', 'Time limits estimated from history without another service, and settable for each call'],
  ['EXEC-9', 'Clients connect again with a growing wait and miss nothing inside the replay window'],
  ['EXEC-10', 'One call from code and one command from the shell run a task and give a structured result'],
  ['EXEC-11', 'An MCP server offers the same over stdio and streamable HTTP'],
  ['EXEC-12', 'Structured logs with request ids; each execution can be proven by an id in its transcript'],
  ['EXEC-13', 'A health endpoint; it runs in a container'],
  ['EXEC-14', 'A stress suite: many sessions, huge lines, floods, lost connections'],

  ['LATER-1', 'A dashboard in real time'],
  ['LATER-2', 'Metrics for Prometheus'],
  ['LATER-3', 'Several machines on an existing queue engine'],
  ['LATER-4', 'A review makes files of feedback and fixes; each fix is a task with its own proof'],
  ['LATER-5', 'Prompts that keep score of success and failure'],
  ['LATER-6', 'Fixes without a model: the smallest part of the change that breaks the test; searched small repairs'],
  ['LATER-7', 'Landing as a branch or a pull request'],
];

/** Ids of what has been built. */
const built: ReadonlySet<string> = new Set<string>([
  'WATCH-1',
  'WATCH-2',
  'WATCH-3',
  'WATCH-4',
  'WATCH-5',
  'WATCH-6',
  'QUEUE-1',
  'QUEUE-2',
  'QUEUE-3',
  'QUEUE-4',
  'CLAUDE-1',
  'CLAUDE-2',
  'CLAUDE-3',
  'CLAUDE-4',
  'CLAUDE-5',
  'CLAUDE-6',
  'FIX-1',
  'FIX-2',
  'FIX-3',
  'FIX-4',
  'VERIFY-1',
  'VERIFY-2',
  'VERIFY-3',
  'VERIFY-4',
  'VERIFY-5',
  'VERIFY-6',
  'VERIFY-8',
  'LAND-1',
  'LAND-2',
  'LAND-3',
  'LAND-4',
  'ESC-1',
  'ESC-2',
  'ESC-3',
  'ESC-4',
  'RUN-1',
  'RUN-2',
  'RUN-3',
  'RUN-4',
  'RUN-5',
  'RUN-6',
  'RUN-7',
  'RUN-8',
  'RUN-9',
  'RUN-10',
  'EXEC-1',
  'EXEC-2',
  'EXEC-3',
  'EXEC-4',
  'EXEC-5',
  'EXEC-6',
  'EXEC-7',
  'EXEC-8',
  'EXEC-9',
  'EXEC-10',
  'EXEC-11',
  'EXEC-12',
  'EXEC-14',
]);

export const requirements: readonly Requirement[] = planned.map(([id, sentence]) => ({
  id,
  sentence,
  built: built.has(id),
}));

/** Ids in `built` that no requirement has. */
export const unknownBuilt: readonly string[] = [...built].filter((id) => !planned.some(([known]) => known === id));
