import { faultsOf } from './suite.ts';
import { suites } from './suites.ts';

// One suite in a process of its own, so that none of them meets what another has left in memory:
// `run-suite.ts NAME [--quick]`. Prints what came of it as JSON; a suite that throws ends it.

const [name = '', ...flags] = process.argv.slice(2);
const suite = await suites[name]?.();
if (suite === undefined) throw new Error(`There is no suite ${name}`);
const figures = await suite.run(flags.includes('--quick'));
const { title, quickly } = suite;
process.stdout.write(JSON.stringify({ title, quickly, figures, faults: faultsOf(suite, figures) }));
