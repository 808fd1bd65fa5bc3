import type { Clock } from '../clock.ts';
import { codeOf, messageOf } from '../errors.ts';
import { cleanText, oneLine } from './text.ts';

/** How requests leave. Handed in, so that time can be played and requests be counted. */
export interface Wire {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** A request may take this long in all. */
const timeoutMs = 30_000;
const longestWaitMs = 24 * 3_600_000;
const answerBytes = 4_096;

export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly text: string;
      readonly retryInMs: number | undefined;
    }
  | { readonly kind: 'no-answer'; readonly reason: string; readonly unsure: boolean };

/** Sends JSON once. Redirects are not followed: the address is a secret, and what it leads to is not what was set. */
export async function postJson(
  { fetch, clock }: Wire,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await withDeadline(clock, signal, async (limited) => {
      const response = await fetch(url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'mendwatch', ...headers },
        redirect: 'manual',
        signal: limited,
      });
      const text = oneLine(cleanText(await beginningOf(response)), 200);
      const retryInMs = retryAfterMs(response.headers.get('retry-after'), clock.now());
      return { kind: 'answered', status: response.status, text, retryInMs };
    });
  } catch (error) {
    return { kind: 'no-answer', ...lostRequest(error) };
  }
}

/** Ends what it is given when the signal aborts or the time is up. */
export async function withDeadline<T>(
  clock: Clock,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const done = new AbortController();
  clock.sleep(timeoutMs, done.signal).then(
    () => deadline.abort(new Error(`no answer within ${timeoutMs / 1_000} s`)),
    () => undefined,
  );
  const limited = AbortSignal.any([signal, deadline.signal]);
  const stopped = new Promise<never>((_, reject) => {
    limited.addEventListener('abort', () => reject(limited.reason), { once: true, signal: done.signal });
  });
  try {
    signal.throwIfAborted();
    // A library may have something of its own to wait for first.
    return await Promise.race([act(limited), stopped]);
  } catch (error) {
    // The library's own words would only say that it was aborted.
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    done.abort();
  }
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= answerBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, answerBytes).toString('utf8');
}

/** What is known of a request that got no answer: whether it can have arrived. */
export function lostRequest(error: unknown): { readonly reason: string; readonly unsure: boolean } {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = codeOf(cause);
  const isBefore =
    code !== undefined && ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'].includes(code);
  return { reason: oneLine(code ?? messageOf(cause), 200), unsure: !isBefore };
}

/** Of the header `Retry-After`: seconds or a date. */
export function retryAfterMs(value: string | null | undefined, now: number): number | undefined {
  if (value === null || value === undefined || value.trim() === '') return undefined;
  const ms = /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1_000), longestWaitMs) : undefined;
}
