import { explain } from '../src/cli/main.ts';
import { runServe } from '../src/server/serve.ts';

process.exitCode = await runServe().catch(explain);
