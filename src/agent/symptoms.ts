import type { Config } from '../config/types.ts';
import { MendwatchError } from '../errors.ts';
import type { AgentEvents } from '../events.ts';
import { ofService } from '../pipeline/keep-gates.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { VitalSigns } from '../pipeline/vital-signs.ts';
import type { StateStore } from '../state/store.ts';
import type { Watcher } from '../watch/watcher.ts';
import { findClaude } from './find-claude.ts';
import { findRunner } from './furnish.ts';

export interface Patient {
  readonly config: Config;
  readonly launch: Readonly<Record<string, string | undefined>>;
  readonly events: AgentEvents;
  readonly state: StateStore;
  readonly watcher: Watcher;
  readonly pipeline: Pipeline;
}

/** What the health check asks of watcher, test runner and Claude: whether they are there, and what was told of them last. */
export function symptomsOf({ config, launch, events, state, watcher, pipeline }: Patient): VitalSigns['checks'] {
  const told = follow(events);
  return {
    file_watcher: () =>
      watcher.healthy ? undefined : (told.watch ?? 'it gets no events; changes are found when the tree is compared'),
    test_runner: async () => told.runs ?? (await missing(() => findRunner(config, launch))),
    claude_instances: async () => {
      if (pipeline.stuckIn !== undefined) return `the step ${pipeline.stuckIn} does not come to its end`;
      const { gates } = state.current;
      const [cause] = ofService(gates);
      if (cause !== undefined) return `${cause}: ${gates[cause as keyof typeof gates]?.reason ?? 'away'}`;
      return config.autoFixEnabled ? await missing(() => findClaude(config, launch)) : undefined;
    },
  };
}

interface Told {
  /** Why the tests could not be run last, if they could not. */
  runs?: string;
  watch?: string;
}

function follow(events: AgentEvents): Told {
  const told: Told = {};
  events.on((event) => {
    switch (event.type) {
      case 'baseline.unavailable':
        told.runs = event.reason;
        break;
      case 'triage.broken':
        told.runs = `${event.reason}: ${event.detail}`;
        break;
      case 'baseline.made':
      case 'triage.finished':
      case 'verdict':
        delete told.runs;
        break;
      case 'watch.fault':
        told.watch = event.message;
        break;
    }
  });
  return told;
}

async function missing(find: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await find();
    return undefined;
  } catch (error) {
    if (error instanceof MendwatchError) return error.message;
    throw error;
  }
}
