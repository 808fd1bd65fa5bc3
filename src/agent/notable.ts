import type { AgentEvent } from '../events.ts';

const maxFiles = 3;

/** What a person may want to hear of at once: a file was changed, or something waits for them. Undefined for all else. */
export function notable(event: AgentEvent): string | undefined {
  switch (event.type) {
    case 'land.landed': {
      const more = event.files.length - maxFiles;
      return `Fixed: ${event.files.slice(0, maxFiles).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    }
    case 'land.parked':
      return `Parked: ${event.taskId}, since ${event.reason}`;
    case 'task.failed':
      return `Failed: ${event.file}, ${event.reason}`;
    default:
      return undefined;
  }
}
