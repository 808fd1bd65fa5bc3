import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ListTask } from '../domain/claude-task.ts';
import { ExitCode, MendwatchError, messageOf } from '../errors.ts';

const taskSchema = z.union([
  z.string(),
  z.strictObject({
    task: z.string(),
    id: z.string().optional(),
    after: z.array(z.string()).optional(),
    timeout_seconds: z.number().positive().max(86_400).optional(),
    tools: z.array(z.string()).optional(),
    model: z.string().optional(),
    max_cost_usd: z.number().positive().optional(),
  }),
]);

const fileSchema = z.union([z.array(taskSchema), z.strictObject({ tasks: z.array(taskSchema) })]);

/**
 * The tasks of a JSON file: a list, or `{"tasks": […]}`, each a text or an object.
 *
 * @throws MendwatchError (exit code 2)
 */
export async function readTaskFile(file: string): Promise<readonly ListTask[]> {
  const content = await read(file);
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) {
    const { data } = parsed;
    return ('tasks' in data ? data.tasks : data).map(taskOf);
  }
  throw wrong(`${file} is no list of tasks`, z.prettifyError(parsed.error));
}

function taskOf(entry: z.infer<typeof taskSchema>): ListTask {
  if (typeof entry === 'string') return { task: entry };
  const { timeout_seconds: seconds, max_cost_usd: maxCostUsd, ...rest } = entry;
  const given = {
    ...rest,
    ...(seconds === undefined ? {} : { timeoutMs: seconds * 1_000 }),
    ...(maxCostUsd === undefined ? {} : { maxCostUsd }),
  };
  return withoutUndefined(given);
}

/** Zod leaves out what is absent; its types do not say so. */
function withoutUndefined(given: { readonly [Name in keyof ListTask]: ListTask[Name] | undefined }): ListTask {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as ListTask;
}

async function read(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw wrong(`${file} cannot be read`, messageOf(error));
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`${file} is no JSON`, messageOf(error));
  }
}

function wrong(what: string, why: string): MendwatchError {
  return new MendwatchError(`${what}: ${why}`, {
    remedy: 'Expected: ["first task", {"id": "second", "task": "…", "after": ["1"]}]',
    exitCode: ExitCode.configuration,
  });
}
