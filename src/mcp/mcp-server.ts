import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { addAgentTools } from './agent-tools.ts';
import { addExecutionTools } from './execution-tools.ts';
import type { McpParts } from './parts.ts';
import { addPrompts } from './prompts.ts';
import { addResources } from './resources.ts';

const instructions = `Mendwatch runs tasks for headless Claudes, and commands, in the project, with pause, resume and cancel: the \
tasks of a list one after another, separate calls side by side. And it speaks to the agent that watches the project's tests.`;

/** Everything that one client of the Model Context Protocol can ask for. */
export function createMcpServer(parts: McpParts): McpServer {
  const server = new McpServer(
    { name: 'mendwatch', version: parts.version },
    { instructions, maxToolInputElements: 10_000 },
  );
  addExecutionTools(server, parts);
  addAgentTools(server, parts);
  addResources(server, parts);
  addPrompts(server);
  return server;
}
