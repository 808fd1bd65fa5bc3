import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

/** How one agent leads many: it thinks and checks, others do one thing each. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt(
    'orchestrate',
    {
      title: 'Orchestrate a larger goal',
      description:
        'Split a goal into tasks, have each done by a fresh Claude one after another, check what came of it.',
      argsSchema: { goal: z.string().min(1).max(20_000).describe('What is to be true in the end') },
    },
    ({ goal }) => ({ messages: [{ role: 'user', content: { type: 'text', text: orchestration(goal) } }] }),
  );
}

function orchestration(goal: string): string {
  return `You lead; others do the work. The goal:

${goal}

1. Look at the project until you know what has to be done and how it will be seen that it is done.
2. Split the goal into tasks that each fit one sitting. Each goes to a fresh Claude which knows nothing of this
   conversation: name the files, what has to be true afterwards, what must not change, and which command shows it.
   What a later task needs of an earlier one goes through files.
3. Give the tasks to \`execute_list\` in the order in which they depend on each other, with \`keep_going\` false.
   A single task goes to \`execute_task\`. The tasks of a list run one after another, but separate calls run side by
   side in the same folder: wait for the end of one before you begin another that needs it or touches the same files.
   \`executions\`, \`pause_execution\` and \`cancel_execution\` act on what is under way.
4. Believe nothing that you have not seen: after each step run the command that shows it with \`execute_command\`, and
   read the changed files. What was not achieved becomes a new task that says what was tried and why it was not enough.
5. Where an agent watches the project, \`agent_status\` and \`agent_tasks\` say which tests your changes have turned red.
6. In the end report what was done, what was not, and what it cost.
`;
}
