import { explain } from '../src/cli/main.ts';
import { runServe } from '../src/server/serve.ts';

process.exitCode = await runServe(async (parts) => new (await import('../src/mcp/http.ts')).HttpDoor(parts)).catch(
  explain,
);
