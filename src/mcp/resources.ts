import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ErrorCode, McpError, type ReadResourceResult } from '@modelcontextprotocol/sdk/types.js';
import { executionIds } from '../agent/known-executions.ts';
import { allTasks, findOne, latestPatch, stateOnFile } from '../agent/known-tasks.ts';
import { executionIdPattern } from '../domain/execution-id.ts';
import { codeOf, MendwatchError } from '../errors.ts';
import type { StateDocument } from '../state/schema.ts';
import type { McpParts } from './parts.ts';

const limits = {
  /** The end of a log. */
  logBytes: 64 * 1024,
  fileBytes: 1024 * 1024,
  listed: 50,
};

/** Logs, transcripts, patches and reports, to be read. */
export function addResources(server: McpServer, parts: McpParts): void {
  addLogs(server, parts);
  addTranscripts(server, parts);
  addPatches(server, parts);
  addReports(server, parts);
}

function addLogs(server: McpServer, { config, clean }: McpParts): void {
  const logs = [
    ['agent', config.logFile],
    ['executor', config.executor.logFile],
  ] as const;
  for (const [name, file] of logs) {
    const about = {
      title: `Log of the ${name}`,
      description: 'Its end, one JSON object a line',
      mimeType: 'text/plain',
    };
    server.registerResource(`log-${name}`, `mendwatch://logs/${name}`, about, async (uri) =>
      contentOf(uri, 'text/plain', await clean(await endOfFile(file))),
    );
  }
}

function addTranscripts(server: McpServer, { config, clean }: McpParts): void {
  const folder = join(config.executor.folder, 'executions');
  const template = new ResourceTemplate('mendwatch://executions/{id}', {
    list: async () => ({
      resources: (await executionIds(folder))
        .slice(0, limits.listed)
        .map((id) => ({ uri: `mendwatch://executions/${id}`, name: id })),
    }),
  });
  const about = {
    title: 'Transcript of an execution',
    description: 'What was run, how it ended, and what it said',
    mimeType: 'application/json',
  };
  server.registerResource('execution', template, about, async (uri, { id }) => {
    if (!executionIdPattern.test(String(id))) throw missing(uri);
    return contentOf(uri, about.mimeType, await clean(await wholeFile(join(folder, `${id}.json`), uri)));
  });
}

function addPatches(server: McpServer, { config, clean }: McpParts): void {
  const template = new ResourceTemplate('mendwatch://tasks/{id}/patch', {
    list: async () => {
      const tasks = allTasks(await stateOrNothing(config)).filter(({ attempts }) =>
        attempts.some(({ patch }) => patch),
      );
      const resources = tasks.slice(-limits.listed).map(({ id, file_path }) => ({
        uri: `mendwatch://tasks/${id}/patch`,
        name: `${id}: ${file_path}`,
      }));
      return { resources };
    },
  });
  const about = { title: 'Patch of a task', description: 'The latest that was made', mimeType: 'text/x-diff' };
  server.registerResource('patch', template, about, async (uri, { id }) => {
    const patch = await found(uri, async () => latestPatch(config, findOne(await stateOnFile(config), String(id))));
    return contentOf(uri, about.mimeType, await clean(patch.slice(0, limits.fileBytes)));
  });
}

function addReports(server: McpServer, { config, clean }: McpParts): void {
  const template = new ResourceTemplate('mendwatch://tasks/{id}/report', {
    list: async () => {
      const { escalations } = await stateOrNothing(config);
      const resources = escalations.slice(-limits.listed).map(({ task_id, title }) => ({
        uri: `mendwatch://tasks/${task_id}/report`,
        name: title ?? task_id,
      }));
      return { resources };
    },
  });
  const about = { title: 'Report to people', description: 'What could not be mended', mimeType: 'text/markdown' };
  server.registerResource('report', template, about, async (uri, { id }) => {
    const report = await found(uri, async () => {
      const { escalations } = await stateOnFile(config);
      return escalations.findLast(({ task_id }) => task_id === id)?.report;
    });
    return contentOf(uri, about.mimeType, await clean(await wholeFile(join(config.runsFolder, report), uri)));
  });
}

/** Nothing is listed where no agent has run yet. */
async function stateOrNothing(config: McpParts['config']): Promise<Pick<StateDocument, 'queues' | 'escalations'>> {
  const nothing = { queues: { pending: [], in_progress: [], completed: [], failed: [] }, escalations: [] };
  return stateOnFile(config).catch(() => nothing);
}

async function found<T>(uri: URL, look: () => Promise<T | undefined>): Promise<T> {
  try {
    const value = await look();
    if (value !== undefined) return value;
  } catch (error) {
    if (error instanceof MendwatchError) throw new McpError(ErrorCode.InvalidParams, error.message);
    throw error;
  }
  throw missing(uri);
}

function missing(uri: URL): McpError {
  return new McpError(ErrorCode.InvalidParams, `There is nothing at ${uri.href}`);
}

function contentOf(uri: URL, mimeType: string, text: string): ReadResourceResult {
  return { contents: [{ uri: uri.href, mimeType, text }] };
}

async function wholeFile(file: string, uri: URL): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).slice(0, limits.fileBytes);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw missing(uri);
    throw error;
  }
}

/** Whole lines; nothing where no log was written yet. */
async function endOfFile(file: string): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return '';
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - limits.logBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(limits.logBytes), 0, limits.logBytes, from);
    const text = buffer.toString('utf8', 0, bytesRead);
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}
