import { explain } from '../src/cli/main.ts';
import { runMcp } from '../src/mcp/stdio.ts';

process.exitCode = await runMcp().catch(explain);
