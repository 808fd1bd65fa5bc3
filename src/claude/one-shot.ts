import { openSession } from './session.ts';
import type { ClaudeAnswer, ClaudeSession, ClaudeSpec } from './types.ts';

/**
 * One question to a fresh process, which is gone afterwards. It is a session that is asked once: with the same input
 * format there is one parser and one set of flags, the start costs the same, and there is no open pipe that the CLI
 * would wait for.
 */
export async function askOnce(
  spec: ClaudeSpec,
  prompt: string,
  options: Parameters<ClaudeSession['ask']>[1],
): Promise<ClaudeAnswer> {
  const session = openSession(spec);
  try {
    return await session.ask(prompt, options);
  } finally {
    await session.close();
  }
}
