import { messageOf } from '../errors.ts';
import type { Delivery } from './channel.ts';
import { UnreadableAnswerError } from './github-api.ts';
import { oneLine } from './text.ts';
import { lostRequest, retryAfterMs } from './wire.ts';

/** What GitHub says to wait at least where a secondary limit names no time. */
const secondaryWaitMs = 60_000;

interface Answered {
  readonly status: number;
  readonly said: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** GitHub's word for a body that is too long, among other things that it does not like. */
export function isTooLong(error: unknown): boolean {
  const status = answerOf(error)?.status;
  return status === 422 || status === 413;
}

/** What a failed call means for the message. `now` in milliseconds since the epoch. */
export function githubFailure(error: unknown, now: number): Delivery {
  if (error instanceof UnreadableAnswerError)
    return { kind: 'later', reason: `GitHub: ${error.message}`, unsure: true };
  const answer = answerOf(error);
  if (answer === undefined) {
    const { reason, unsure } = lostRequest(error);
    return { kind: 'later', reason: `GitHub gave no answer (${reason})`, unsure };
  }
  const { status } = answer;
  const reason = `GitHub answered ${status}: ${answer.said}`;
  const retryInMs = waitOf(answer, now);
  if (retryInMs !== undefined) return { kind: 'later', reason, retryInMs, unsure: false };
  if (status >= 500 || status === 408) return { kind: 'later', reason, unsure: true, isFault: true };
  if (status === 403 && /\blocked\b/i.test(answer.said)) return { kind: 'refused', reason };
  const remedy = remedies[status];
  if (remedy !== undefined || status < 400) return { kind: 'closed', reason: `${reason}. ${remedy ?? remedies[404]}` };
  return { kind: 'refused', reason };
}

const remedies: Readonly<Record<number, string>> = {
  401: 'Check GITHUB_TOKEN',
  403: 'GITHUB_TOKEN may not write issues in this repository',
  404: 'Check GITHUB_REPO and GITHUB_API_URL, and that GITHUB_TOKEN may see the repository',
  410: 'Switch the issues of the repository on',
};

/** What a person can do about a failed call, where that is plain from its status. */
export function githubRemedy(error: unknown): string | undefined {
  const status = answerOf(error)?.status;
  return status === undefined ? undefined : remedies[status];
}

/** How long a limit wants us to wait; undefined where it is none. */
function waitOf({ status, said, headers }: Answered, now: number): number | undefined {
  if (status !== 429 && status !== 403) return undefined;
  const asked = retryAfterMs(text(headers['retry-after']), now);
  if (asked !== undefined) return asked;
  const resetAt = Number(text(headers['x-ratelimit-reset'])) * 1_000;
  // A second more: the reset is given in whole seconds.
  if (text(headers['x-ratelimit-remaining']) === '0' && resetAt > 0) return Math.max(1_000, resetAt - now + 1_000);
  return status === 429 || /secondary rate|abuse detection/i.test(said) ? secondaryWaitMs : undefined;
}

function text(header: unknown): string | undefined {
  return header === undefined || header === null ? undefined : String(header);
}

/** Octokit gives a request that got no answer the status 500; only with a response it is GitHub's. */
function answerOf(error: unknown): Answered | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (!('response' in error) || typeof error.response !== 'object' || error.response === null) return undefined;
  const { headers } = error.response as { headers?: Readonly<Record<string, unknown>> };
  return { status: error.status, said: oneLine(messageOf(error), 200), headers: headers ?? {} };
}
