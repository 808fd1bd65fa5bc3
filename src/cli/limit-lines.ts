import type { Config } from '../config/types.ts';
import { wholeAgent } from '../domain/breaker.ts';
import { type Budget, spentTodayUsd } from '../domain/budget.ts';
import type { AgentEvent } from '../events.ts';
import type { StateDocument } from '../state/schema.ts';
import type { Line } from './line.ts';

/** What one reads of the service, the money and the breakers while it happens. */
export function lineOfLimit(event: AgentEvent): Line | undefined {
  switch (event.type) {
    case 'gate.shut':
      // The first one has said what to do; asked in vain again is a quiet line.
      return event.probes > 0
        ? { tone: 'quiet', text: `Claude is still away (${event.cause})${asked(event.opensAt)}` }
        : { tone: 'warn', text: `${waitsFor(event.cause)}: ${event.detail}; ${remedy(event.cause, event.opensAt)}` };
    case 'gate.opened':
      return { tone: 'good', text: `no longer waiting (${event.cause}), after ${span(event.shutMs)}` };
    case 'task.waiting':
      return {
        tone: 'quiet',
        text: `${event.taskId} ${event.file} waits: ${waitsFor(event.for)}${asked(event.until)}`,
      };
    case 'budget.reached':
      return { tone: 'warn', text: budgetText(event) };
    case 'budget.assumed':
      return {
        tone: 'quiet',
        text: `${event.taskId}: the bill of a ${event.kind} never came; ${dollars(event.usd)} are counted for it`,
      };
    case 'breaker.opened':
      return {
        tone: 'bad',
        text:
          event.file === undefined
            ? `${event.failures} things in a row went wrong that are nobody's change (${event.reason}); no model is asked before ${clock(event.until)}`
            : `${event.file}: ${event.failures} tasks failed; regressions of it are only reported before ${clock(event.until)}`,
      };
    case 'breaker.closed':
      return { tone: 'good', text: `${event.file ?? 'the agent'}: works again` };
    default:
      return undefined;
  }
}

function budgetText(event: Extract<AgentEvent, { type: 'budget.reached' }>): string {
  const spent = `${dollars(event.spentUsd)} of ${dollars(event.limitUsd)} spent`;
  if (event.limit === 'task') return `${event.taskId}: ${spent} on it, which is its limit (MAX_COST_PER_TASK_USD)`;
  const then = event.until === undefined ? '' : `; what needs Claude waits until ${clock(event.until)}`;
  return `${spent} today (MAX_COST_PER_DAY_USD)${then}`;
}

/** For `status`: gates, breakers and money. `now` in epoch ms. */
export function limitLines(state: StateDocument, config: Config, now: number): readonly string[] {
  return [
    ...gateLines(state),
    ...breakerLines(state),
    moneyToday(state.budget, config, now),
    ...moneyLines(state.budget),
  ];
}

export function gateLines({ gates }: Pick<StateDocument, 'gates'>): readonly string[] {
  return Object.entries(gates).map(([cause, { reason, opens_at, since }]) => {
    const opensAt = opens_at === null ? undefined : Date.parse(opens_at);
    return `Waiting since ${since}: ${waitsFor(cause)} (${reason}); ${remedy(cause, opensAt)}`;
  });
}

export function breakerLines({ circuit_breakers }: Pick<StateDocument, 'circuit_breakers'>): readonly string[] {
  return Object.entries(circuit_breakers)
    .filter(([, { state: word }]) => word !== 'closed')
    .map(([key, { state: word, half_open_at, reason }]) => {
      const what = key === wholeAgent ? 'the whole agent' : key;
      return `Breaker of ${what}: ${word}${word === 'open' ? `, tries again after ${half_open_at ?? 'a while'}` : ''} (${reason})`;
    });
}

function moneyToday(budget: Budget, { maxCostPerDayUsd, maxCostPerTaskUsd }: Config, now: number): string {
  return `Money today: ${dollars(spentTodayUsd(budget, now))} of ${dollars(maxCostPerDayUsd)} (a task: at most ${dollars(maxCostPerTaskUsd)})`;
}

/** What was spent by how tasks ended; nothing where nothing was. */
export function moneyLines({ by_outcome = {} }: Budget): readonly string[] {
  const outcomes = Object.entries(by_outcome);
  if (outcomes.length === 0) return [];
  const told = outcomes.map(([outcome, { tasks, usd }]) => `${outcome} ${dollars(usd)} (${tasks})`);
  const total = outcomes.reduce((sum, [, { usd }]) => sum + usd, 0);
  const fixes = by_outcome.fixed?.tasks ?? 0;
  const each = fixes === 0 ? '' : `; ${dollars(total / fixes)} for each landed fix, with what came to nothing`;
  return [`Money by outcome: ${told.join(', ')}${each}`];
}

/** The same for programs. */
export function moneyRecord(state: StateDocument, config: Config, now: number) {
  const { by_outcome = {}, reserved = [] } = state.budget;
  return {
    today_usd: spentTodayUsd(state.budget, now),
    max_per_day_usd: config.maxCostPerDayUsd,
    max_per_task_usd: config.maxCostPerTaskUsd,
    reserved_usd: reserved.reduce((sum, { usd }) => sum + usd, 0),
    total_usd: state.statistics.cost_usd,
    by_outcome,
  };
}

/** Messages to people that are not told yet, and those that no service takes. */
export function outboxSizes({ outbox }: StateDocument): { readonly waiting: number; readonly parked: number } {
  const told = outbox.filter(({ event }) => event !== 'check');
  const parked = told.filter(({ status }) => status === 'parked').length;
  return { waiting: told.length - parked, parked };
}

/** For `status`: nothing where everything was told. */
export function outboxLines(state: StateDocument): readonly string[] {
  const { waiting, parked } = outboxSizes(state);
  if (waiting + parked === 0) return [];
  const why = state.outbox.find(
    ({ status, last_error }) => status !== 'parked' && last_error !== undefined,
  )?.last_error;
  const numbers = [...(waiting === 0 ? [] : [`${waiting} waiting`]), ...(parked === 0 ? [] : [`${parked} not taken`])];
  return [
    `Messages to people: ${numbers.join(', ')}${why === undefined ? '' : ` (${why})`}; see \`mendwatch escalations\``,
  ];
}

const causes: Readonly<Record<string, string>> = {
  'rate-limited': 'the rate limit of Claude is used up',
  overloaded: 'Claude is overloaded',
  unreachable: 'Claude cannot be reached',
  'not-logged-in': 'Claude does not take the login',
  'no-credit': 'there is no credit left at Claude',
  'unknown-model': 'Claude does not know the model',
  'daily-limit': 'the money of the day is spent',
  'other-task': 'another task works on the same files',
  'other-calls': 'what is left of the money of the day is reserved for calls under way',
  'on-battery': 'the machine runs on battery',
  breaker: 'nothing went well of late',
};

function waitsFor(cause: string): string {
  return causes[cause] ?? cause;
}

function remedy(cause: string, opensAt: number | undefined): string {
  if (opensAt !== undefined) return `tried again at ${clock(opensAt)}`;
  if (cause === 'on-battery') return 'goes on when it is plugged in';
  const what: Readonly<Record<string, string>> = {
    'not-logged-in': 'log in with `claude` or set ANTHROPIC_API_KEY',
    'no-credit': 'add credit',
    'unknown-model': 'set CLAUDE_MODEL',
  };
  return `${what[cause] ?? 'mend it'}; new settings, a new login or \`mendwatch retry\` go on with what waits`;
}

function asked(at: number | undefined): string {
  return at === undefined ? '' : `, until ${clock(at)}`;
}

/** Local date and time of day. */
export function clock(at: number): string {
  return new Date(at).toLocaleString('sv-SE');
}

function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1
    ? `${Math.round(ms / 1_000)} s`
    : minutes < 120
      ? `${minutes} min`
      : `${(minutes / 60).toFixed(1)} h`;
}

function dollars(usd: number): string {
  return `$${usd.toFixed(usd > 0 && usd < 0.1 ? 4 : 2)}`;
}
