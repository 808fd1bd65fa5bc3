import { join } from 'node:path';
import type { ChannelName, EscalationRecord, OutboxEntry } from '../domain/escalation.ts';
import type { StateDocument } from '../state/schema.ts';
import { channelWords } from './escalation-lines.ts';
import { clock } from './limit-lines.ts';
import { loadState, print, printJson } from './look.ts';

interface Options {
  readonly json?: boolean;
}

/** `escalations`: what people were told, and what they have still to be told. */
export async function runEscalations({ json }: Options): Promise<number> {
  const { config, state } = await loadState();
  if (json) return printJson(escalationsOf(state));
  const lines = escalationLines(state, config.runsFolder);
  return print(lines.length === 0 ? 'Nothing was given to people yet.' : lines.join('\n'));
}

/** An escalation with what still waits for it. */
export type ShownEscalation = EscalationRecord & { readonly outbox: readonly OutboxEntry[] };

export function escalationsOf({ escalations, outbox }: StateDocument): readonly ShownEscalation[] {
  return escalations.map((escalation) => ({
    ...escalation,
    outbox: outbox.filter(({ fingerprint, event }) => fingerprint === escalation.fingerprint && event !== 'check'),
  }));
}

export function escalationLines(state: StateDocument, runsFolder: string): readonly string[] {
  return escalationsOf(state).flatMap((escalation) => {
    const { task_id, status, title, reason, report, count = 1, updated_at, created_at, channels, outbox } = escalation;
    const times = count > 1 ? `, ${count} times` : '';
    return [
      `${task_id}  ${clock(Date.parse(updated_at ?? created_at))}  ${status}${times}  ${title ?? ''}`.trimEnd(),
      ...(reason === undefined ? [] : [`  ${reason.split('\n')[0]}`]),
      ...Object.entries(channels ?? {}).map(
        ([name, told]) => `  ${channelWords[name as ChannelName]}: ${toldWords(told)}`,
      ),
      ...outbox.filter(({ status }) => status !== 'parked').map((entry) => `  ${waitingWords(entry)}`),
      `  Report: ${join(runsFolder, report)}`,
    ];
  });
}

type Told = NonNullable<NonNullable<EscalationRecord['channels']>[ChannelName]>;

const eventWords = {
  opened: 'that it is red',
  recurred: 'that it is red again',
  resolved: 'that it is mended',
  check: '',
};

function toldWords({ status, event, at, url, error }: Told): string {
  if (status === 'parked') return `could not be told ${eventWords[event]}: ${error ?? 'not known why'}`;
  return `told ${eventWords[event]}, ${clock(Date.parse(at))}${url === undefined ? '' : `, ${url}`}`;
}

function waitingWords({ channel, event, status, not_before, last_error, attempts }: OutboxEntry): string {
  const tries = attempts === 0 ? '' : `, tried ${attempts === 1 ? 'once' : `${attempts} times`}`;
  // A channel that does not accept us is left alone until the next start.
  const later = attempts === 0 || status === 'sending' ? '' : ', again after the next start';
  const next = not_before === undefined ? later : `, next at ${clock(Date.parse(not_before))}`;
  return `${channelWords[channel]} is still to be told ${eventWords[event]}${tries}${next}${last_error === undefined ? '' : `: ${last_error}`}`;
}
