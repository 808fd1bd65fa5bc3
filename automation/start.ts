import { explain } from '../src/cli/main.ts';
import { runStart } from '../src/cli/start.ts';

process.exitCode = await runStart().catch(explain);
