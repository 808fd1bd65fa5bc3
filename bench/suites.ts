import type { Suite } from './suite.ts';

/** Every suite by its name, in the order in which they run; each is loaded when it is wanted. */
export const suites: Readonly<Record<string, () => Promise<Suite>>> = {
  task: async () => (await import('./task-latency.ts')).taskLatency,
  landing: async () => (await import('./landing.ts')).landing,
  triage: async () => (await import('./triage.ts')).triageBench,
  idle: async () => (await import('./idle.ts')).idle,
  large: async () => (await import('./large.ts')).large,
  state: async () => (await import('./state.ts')).state,
  executor: async () => (await import('./executor.ts')).executor,
  requests: async () => (await import('./requests.ts')).requests,
};
