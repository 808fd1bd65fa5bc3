/** `mendwatch/client`: for Node and browsers, so that nothing here may import anything of Node. */
export type { Completed, ExecuteOptions, Execution, Reached, Started } from './execution.ts';
export { ExecutorClient, type ExecutorClientOptions } from './executor-client.ts';
export { ExecutorError, type ExecutorErrorReason } from './executor-error.ts';
export { ExecutorPool, type ExecutorPoolOptions } from './executor-pool.ts';
export type { OutputChunk } from './output-queue.ts';
