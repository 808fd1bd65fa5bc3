import type { Reply } from './reply.ts';
import type { RehearsalRequest } from './request.ts';

/** How the scripted model answers: best a pure function of the request, so that order and repetition do not matter. */
export type Scenario = (request: RehearsalRequest) => Reply | Promise<Reply>;

/** One answer of a conversation, fixed or made from what the tools gave back. */
export type Step = Reply | Scenario;

/** Which question a conversation answers: text that its prompt contains, a pattern, or a condition. */
export type Match = string | RegExp | ((request: RehearsalRequest) => boolean);

/** Answers the questions that it knows and leaves the others. */
export type Part = (request: RehearsalRequest) => Reply | Promise<Reply> | undefined;

/**
 * Answers a question step by step; the step is the number of assistant messages since the question was asked, so the
 * same conversation serves a fresh process and a session that has answered others before. After the last step the
 * model has nothing more to say and ends its turn.
 */
export function conversation(match: Match, steps: readonly Step[]): Part {
  return (request) => {
    if (!request.isMain || !matches(match, request)) return undefined;
    const step = steps[request.step] ?? { say: 'Done.' };
    return typeof step === 'function' ? step(request) : step;
  };
}

/** The first part that knows the request answers it; side requests of the CLI get a harmless word. */
export function script(...parts: readonly Part[]): Scenario {
  return (request) => {
    for (const part of parts) {
      const reply = part(request);
      if (reply !== undefined) return reply;
    }
    if (!request.isMain) return { say: 'rehearsal' };
    const message = `the rehearsal has no answer to: ${request.prompt.slice(0, 200)}`;
    return { status: 400, error: { message } };
  };
}

function matches(match: Match, request: RehearsalRequest): boolean {
  if (typeof match === 'function') return match(request);
  return typeof match === 'string' ? request.prompt.includes(match) : match.test(request.prompt);
}
