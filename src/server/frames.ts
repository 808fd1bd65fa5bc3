import type { ExecutionEnded, Notice } from '../domain/execution.ts';
import { ErrorCode, notificationFrame } from './json-rpc.ts';
import { jsonText } from './json-text.ts';

/** A notice as it goes to the client. Values that are absent are null, as the clients of the contract expect. */
export function frameOf(notice: Notice): string | Buffer {
  const { seq } = notice;
  switch (notice.type) {
    case 'output':
      return outputFrame(notice);
    case 'started':
      return notificationFrame('process.started', {
        status: 'started',
        pid: notice.pid,
        pgid: notice.pid,
        execution_id: notice.executionId,
        request_id: notice.requestId,
        seq,
      });
    case 'paused':
    case 'resumed':
    case 'canceled':
      return notificationFrame(`process.${notice.type}`, {
        status: notice.type,
        pid: notice.pid,
        pgid: notice.pid,
        execution_id: notice.executionId,
        seq,
      });
    case 'completed':
      return notificationFrame('process.completed', { ...completedParams(notice), seq });
    case 'failed':
      return notificationFrame('process.failed', {
        error: notice.reason,
        cause: notice.cause,
        code: notice.cause === 'refused' ? ErrorCode.notAllowed : ErrorCode.server,
        execution_id: notice.executionId,
        seq,
      });
    case 'model-limit':
      return notificationFrame(notice.kind === 'rate' ? 'error.rate_limit_exceeded' : 'error.token_limit_exceeded', {
        message: notice.text,
        execution_id: notice.executionId,
        seq,
      });
    case 'hook-warning':
      return notificationFrame('hook.warning', {
        hook: notice.hook,
        message: notice.message,
        execution_id: notice.executionId,
        seq,
      });
    case 'stopping':
      return notificationFrame('server.stopping', {
        reason: notice.reason,
        grace_seconds: notice.graceMs / 1_000,
        seq,
      });
  }
}

function outputFrame({ seq, stream, bytes, offset, executionId }: Extract<Notice, { type: 'output' }>): Buffer {
  const head = `{"jsonrpc":"2.0","method":"process.output","params":{"type":"${stream}","data":"`;
  const tail =
    `","truncated":false,"chunk_index":null,"total_chunks":null,` +
    `"execution_id":"${executionId}","offset":${offset},"seq":${seq}}}`;
  return jsonText(head, bytes, tail);
}

function completedParams(ended: Extract<Notice, { type: 'completed' }>): object {
  const isCompleted = ended.cause === 'exited' && ended.exitCode === 0;
  return {
    status: isCompleted ? 'completed' : 'failed',
    pid: ended.pid,
    pgid: ended.pid,
    exit_code: ended.exitCode,
    execution_time: ended.durationMs / 1_000,
    active_time: ended.activeMs / 1_000,
    canceled: ended.cause === 'canceled',
    timed_out: ended.cause === 'timed-out',
    output_limited: ended.cause === 'output-limit',
    error: errorOf(ended),
    execution_id: ended.executionId,
    stdout: ended.stdout,
    stderr: ended.stderr,
    reaped: ended.reaped,
    survivors: ended.survivors,
    record_sha256: ended.recordSha256 ?? null,
    ...(ended.notes.length === 0 ? {} : { notes: ended.notes }),
  };
}

function errorOf({ cause, reason }: ExecutionEnded): object | null {
  if (reason === undefined) return null;
  const code = cause === 'timed-out' ? ErrorCode.streamTimeout : ErrorCode.server;
  return { code, message: reason, data: null };
}
