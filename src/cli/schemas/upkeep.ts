import { z } from 'zod';

const text = z.string();
const texts = z.array(text);
const count = z.int().nonnegative();

export const started = z.object({ pid: z.int(), project: text, state_file: text, log_file: text });
export const stopped = z.object({ stopped: z.int().describe('its process') });

/** A line of `logs`: what happened stands in `event` and fields of its own, as in the events; else it is a message. */
export const logLine = z.looseObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  time: text.describe('ISO 8601'),
  pid: z.int().optional(),
  event: text.optional(),
  msg: text.optional(),
});

export const doctor = z.object({
  healthy: z.boolean(),
  checks: z.array(
    z.object({
      name: text,
      state: z.enum(['ok', 'warning', 'failed', 'skipped']),
      detail: text,
      remedy: text.optional(),
      lines: texts.optional(),
      fixed: texts.optional().describe('what --fix has done'),
    }),
  ),
  configuration: z.array(
    z.object({
      name: text,
      value: text.nullable(),
      origin: text.describe('default, environment, not set, or the path of the file'),
      otherwise: text.optional().describe('what holds where nothing is set'),
    }),
  ),
  contract: z
    .array(z.object({ name: text, expected: text, got: text, ok: z.boolean() }))
    .optional()
    .describe('with --contract'),
});

export const init = z.object({
  project: text,
  installed: z.boolean(),
  repository: text.nullable(),
  github: text.nullable(),
  package_manager: text.nullable(),
  workspace_packages: count,
  tests: z.union([z.object({ runner: text, description: text }), z.object({ reason: text, remedy: text })]),
  test_script: text.nullable(),
  settings_file: text,
  added: texts,
  changed: z.boolean(),
  ignored: z.boolean(),
  ignore_file: text.nullable(),
  start: text,
});

export const serviceInstalled = z.object({
  file: text,
  running: z.boolean(),
  advice: texts,
  left_out: z.array(z.object({ name: text, why: text })),
});

export const serviceRemoved = z.object({ file: text, removed: z.boolean(), advice: texts });

/** Null: what keeps services does not answer. */
export const serviceStanding = z.object({
  name: text,
  file: text,
  installed: z.boolean(),
  current: z.boolean(),
  enabled: z.boolean().nullable(),
  active: z.boolean().nullable(),
  state: text.nullable(),
  pid: z.int().nullable(),
});

const heap = z.object({
  kind: z.enum([
    ...(['lanes', 'repository', 'other cache', 'runs', 'needed runs'] as const),
    ...(['logs', 'executions', 'state', 'token'] as const),
  ]),
  count,
  bytes: count,
});
const left = z.object({ path: text, why: text });

export const clean = z.object({
  project: text.nullable(),
  scope: z.enum(['cache', 'runs', 'all', 'everything', 'stale']),
  dry_run: z.boolean(),
  found: z.array(heap),
  going: z.union([
    z.array(heap),
    z.array(z.object({ path: text, bytes: count, project: text.nullable(), why: text })).describe('with --stale'),
  ]),
  beside: texts,
  left_alone: z.array(left),
  removed: z.array(heap).optional(),
  freed_bytes: count.optional(),
  failed: z.array(left).optional(),
  also_removed: texts.optional(),
  advice: texts.optional(),
});
