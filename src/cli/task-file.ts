import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { ListTask } from '../domain/claude-task.ts';
import { codeOf, ExitCode, MendwatchError, messageOf } from '../errors.ts';

/** A leading dash would be read as an option. */
export const modelName = /^[^\s-]\S*$/;

const taskSchema = z.strictObject({
  task: z.string(),
  id: z.string().optional(),
  after: z.array(z.string()).optional(),
  timeout_seconds: z.number().positive().max(86_400).optional(),
  tools: z.array(z.string()).optional(),
  model: z.string().regex(modelName, 'expected the name of a model').optional(),
  max_cost_usd: z.number().positive().optional(),
});

/** No unions here: all that they say is that none of the forms fits. */
const fileSchema = z.strictObject({ tasks: z.array(z.unknown()) });

/**
 * The tasks of a JSON file: a list, or `{"tasks": […]}`, each a text or an object.
 *
 * @throws MendwatchError (exit code 2)
 */
export async function readTaskFile(file: string): Promise<readonly ListTask[]> {
  const content = await read(file);
  const list = Array.isArray(content) ? content : parse(fileSchema, content, file, '').tasks;
  return list.map((entry, index) =>
    typeof entry === 'string' ? { task: entry } : taskOf(parse(taskSchema, entry, file, `task ${index + 1}`)),
  );
}

function parse<T>(schema: z.ZodType<T>, value: unknown, file: string, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const place = [where, ...path.map(String)].filter((part) => part !== '').join(', ');
    return place === '' ? message : `${place}: ${message}`;
  });
  throw wrong(`${file} is no list of tasks`, problems.join('; '));
}

function taskOf({ timeout_seconds: seconds, max_cost_usd: maxCostUsd, ...rest }: z.infer<typeof taskSchema>): ListTask {
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
    if (codeOf(error) === 'ENOENT') throw wrong(file, `there is no file ${resolve(file)}`);
    throw wrong(`${file} cannot be read`, messageOf(error));
  }
  try {
    // Some editors begin files with a mark that is no JSON.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
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
