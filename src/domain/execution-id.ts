import { randomBytes } from 'node:crypto';

/** Of commands and tasks alike: it stands in the log and names the record. */
export const executionIdPattern = /^exec_[0-9a-f]{16}$/;

export function newExecutionId(): string {
  return `exec_${randomBytes(8).toString('hex')}`;
}
