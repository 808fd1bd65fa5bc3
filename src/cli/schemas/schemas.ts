import { z } from 'zod';
import { agentEvent } from './events.ts';
import { executeEvent, executions, listResult, result, verified } from './executions.ts';
import { check, status } from './status.ts';
import { escalations, moved, oneTask, shownTask, standing, tasks } from './tasks.ts';
import * as upkeep from './upkeep.ts';

/** What is said with `--json`, by command; with the option where that makes it another thing. */
export const schemas = {
  init: upkeep.init,
  start: upkeep.started,
  status,
  'status-check': check,
  stop: upkeep.stopped,
  pause: standing,
  resume: standing,
  snooze: standing,
  logs: upkeep.logLine,
  events: agentEvent,
  tasks,
  show: shownTask,
  undo: moved,
  apply: moved,
  retry: oneTask,
  cancel: oneTask,
  escalations,
  execute: result,
  'execute-list': listResult,
  'execute-events': executeEvent,
  verify: verified,
  'verify-list': executions,
  doctor: upkeep.doctor,
  'service-install': upkeep.serviceInstalled,
  'service-uninstall': upkeep.serviceRemoved,
  'service-status': upkeep.serviceStanding,
  clean: upkeep.clean,
} as const;

export type SchemaName = keyof typeof schemas;
export const schemaNames = Object.keys(schemas) as readonly SchemaName[];

/** Draft 2020-12. Fields may be added in later versions, so none is forbidden. */
export function jsonSchema(name: SchemaName): object {
  return { title: `mendwatch ${name}`, ...z.toJSONSchema(schemas[name], { io: 'input' }) };
}
