import { runDemo } from '../src/cli/demo/demo.ts';
import { explain } from '../src/cli/main.ts';

process.exitCode = await runDemo(process.argv.slice(2)).catch(explain);
