import type { ChannelName } from '../domain/escalation.ts';
import type { AgentEvent } from '../events.ts';
import { bad, type Line, quiet, warn } from './line.ts';
import { seconds } from './quantities.ts';

export function lineOfEscalation(event: Extract<AgentEvent, { type: `escalation.${string}` }>): Line | undefined {
  switch (event.type) {
    case 'escalation.sent':
      return quiet(
        `${event.taskId}: ${channelWords[event.channel]} was told${event.event === 'resolved' ? ' that it is mended' : ''}${event.url === undefined ? '' : `, ${event.url}`}`,
      );
    case 'escalation.waiting':
      return warn(`${event.reason}; the message waits and is tried again in ${seconds(event.retryInMs)}`);
    case 'escalation.parked':
      return warn(`${event.taskId}: the message was not taken. ${event.reason}. Its report is in its file`);
    case 'escalation.closed':
      return bad(`${event.reason}. Nothing is sent there before the next start; the messages are kept`);
    default:
      return undefined;
  }
}

export const channelWords: Readonly<Record<ChannelName, string>> = {
  github: 'GitHub',
  slack: 'Slack',
  email: 'The e-mail webhook',
};
