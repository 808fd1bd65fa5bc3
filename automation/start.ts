import { preferSmall } from '../src/agent/slim.ts';

// Before the rest is loaded: what comes in with it would make room for itself that nobody needs later.
preferSmall();
const { main } = await import('../src/cli/main.ts');
const { doors } = await import('./doors.ts');
process.exitCode = await main(['start', ...process.argv.slice(2)], doors);
