import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conversation, script } from '../../src/claude/rehearsal/server.ts';
import { run } from '../../src/process/process.ts';
import { allTools } from './every-tool.ts';
import { entry } from './rig.ts';
import { claude, stage } from './stage.ts';

test('EXEC-11: the real Claude CLI lists the tools and calls one with --mcp-config', async () => {
  const { rehearsal, there } = await stage(
    script(
      conversation('Use the tool', [
        { calls: [{ tool: 'mcp__mendwatch__execute_command', input: { command: 'echo from the tool' } }] },
        ({ results }) => ({ say: `It said: ${results[0]?.text}` }),
      ]),
    ),
  );
  const { folder, env } = there;
  const file = join(folder, 'mcp.json');
  const server = { command: process.execPath, args: [entry, 'mcp'], env };
  await writeFile(file, JSON.stringify({ mcpServers: { mendwatch: server } }));
  const options = ['--mcp-config', file, '--strict-mcp-config', '--allowedTools', 'mcp__mendwatch__execute_command'];
  const args = ['-p', 'Use the tool', '--output-format', 'json', '--setting-sources', '', ...options];
  const { stdout, end } = await run({ command: claude, args, cwd: folder, env, timeoutMs: 60_000 });
  expect(end).toEqual({ kind: 'exited', code: 0 });
  expect(JSON.parse(stdout).result).toContain('from the tool');
  // Offered, or named as what can be looked up.
  const { body = '' } = rehearsal.requests.findLast(({ isMain }) => isMain) ?? {};
  expect(allTools.filter((name) => !body.includes(`mcp__mendwatch__${name}`))).toEqual([]);
});
