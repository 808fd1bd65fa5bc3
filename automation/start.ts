import { main } from '../src/cli/main.ts';
import { doors } from './doors.ts';

process.exitCode = await main(['start', ...process.argv.slice(2)], doors);
