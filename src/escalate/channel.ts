import type { EscalationEvent, OutboxEntry } from '../domain/escalation.ts';
import type { Report } from './report.ts';

/** What is to be told. `key` is the same at every try. */
export interface Message {
  readonly key: string;
  readonly event: EscalationEvent;
  readonly fingerprint: string;
  readonly taskId: string;
  /** Undefined when its file is gone. */
  readonly report: Report | undefined;
  /** Something of an earlier try may have arrived: what is there has to be looked at first. */
  readonly isRetry: boolean;
  /** What is known now: a `check` may come when the tests are green again. */
  readonly isMended: boolean;
  /** The issue as far as it is known. */
  readonly issueNumber: number | undefined;
}

export interface Sent {
  readonly kind: 'sent';
  readonly issue?: { readonly number: number; readonly url: string };
  /** The issue was made just now: another agent may have done so in the same moment. */
  readonly isNew?: true;
}

export interface Later {
  readonly kind: 'later';
  readonly reason: string;
  /** As the service has asked. */
  readonly retryInMs?: number;
  readonly unsure: boolean;
  /** The service answers, but with a fault of its own: it may be this message that it cannot take. */
  readonly isFault?: true;
}

/** How a try ended. Only a bug is thrown. */
export type Delivery =
  | Sent
  /** Not now: no network, a limit, a fault of the service. The whole channel waits. `unsure`: it may have arrived. */
  | Later
  /** This message will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nothing will be taken before a person has changed something. */
  | { readonly kind: 'closed'; readonly reason: string };

export interface Channel {
  readonly name: OutboxEntry['channel'];
  /** The least time between two messages. */
  readonly paceMs: number;
  /** Settles within 50 ms when the signal aborts, as `later`. */
  deliver(message: Message, signal: AbortSignal): Promise<Delivery>;
}
