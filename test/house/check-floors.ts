import { inspectFloors } from './floors.ts';

const { modules, violations } = await inspectFloors();
for (const violation of violations) process.stdout.write(`${violation}\n`);
process.stdout.write(`floors: ${modules} modules, ${violations.length} violations (rules: .dependency-cruiser.mjs)\n`);
if (modules === 0) process.stdout.write('No module was read, so nothing was checked: see the version of TypeScript.\n');
if (modules === 0 || violations.length > 0) process.exitCode = 1;
