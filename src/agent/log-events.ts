import type { AgentEvent, AgentEvents } from '../events.ts';
import type { Logger } from '../log.ts';

const levels: Partial<Record<AgentEvent['type'], 'warn' | 'error' | 'debug'>> = {
  'watch.fault': 'warn',
  'triage.broken': 'warn',
  'triage.machine': 'warn',
  'baseline.unavailable': 'warn',
  'attempt.rejected': 'warn',
  'model.unavailable': 'warn',
  'gate.shut': 'warn',
  'budget.reached': 'warn',
  'budget.assumed': 'warn',
  'breaker.opened': 'warn',
  'task.failed': 'warn',
  'space.exceeded': 'warn',
  'escalation.waiting': 'warn',
  'escalation.parked': 'warn',
  'escalation.closed': 'error',
  'hook.warning': 'warn',
  'state.notice': 'warn',
  'state.unavailable': 'error',
  fault: 'error',
  'task.phase': 'debug',
};

/** Writes every event to the log, one line each. Returns the function that ends it. */
export function logEvents(events: AgentEvents, logger: Logger): () => void {
  return events.on((event) => {
    const { type, at: _at, ...fields } = event;
    const isIll = event.type === 'health.checked' && !event.healthy;
    logger[isIll ? 'warn' : (levels[type] ?? 'info')]({ event: type, ...fields }, type);
  });
}
