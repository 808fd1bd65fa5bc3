import { z } from 'zod';
import type { Config } from '../../config/types.ts';

const answerMs = 1_000;
const healthSchema = z.object({ status: z.string(), active_sessions: z.number(), running_executions: z.number() });

/** Whether an executor answers where that of this project would listen. It may be another project's: nobody can see that. */
export async function executorAnswers({ executor: { host, port } }: Config): Promise<boolean> {
  if (port === 0) return false;
  const name = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host;
  try {
    const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}/health`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs), redirect: 'error' });
    return healthSchema.safeParse(await answer.json()).success;
  } catch {
    return false;
  }
}
