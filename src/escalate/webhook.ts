import type { Delivery } from './channel.ts';
import type { Answer } from './wire.ts';

/** The address is wrong, revoked, or not for us: every later message would end the same way. */
const closing: ReadonlySet<number> = new Set([401, 403, 404, 410]);

const temporary: ReadonlySet<number> = new Set([408, 425, 429]);

/** What the answer of a webhook means for the message. Nothing that was refused is sent again by itself. */
export function webhookDelivery(service: string, answer: Answer): Delivery {
  if (answer.kind === 'no-answer') {
    return { kind: 'later', reason: `${service} gave no answer (${answer.reason})`, unsure: answer.unsure };
  }
  const { status, text, retryInMs } = answer;
  const said = `${service} answered ${status}${text === '' ? '' : `: ${text}`}`;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status >= 500 || temporary.has(status)) {
    const wait = retryInMs === undefined ? {} : { retryInMs };
    const fault = status >= 500 ? { isFault: true as const } : {};
    return { kind: 'later', reason: said, unsure: status >= 500, ...wait, ...fault };
  }
  if (closing.has(status) || status < 400) return { kind: 'closed', reason: `${said}. Check its address` };
  return { kind: 'refused', reason: said };
}
