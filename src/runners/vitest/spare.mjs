/**
 * A vitest that is started before anyone knows what it will run: it loads the project's installed vitest and waits for
 * one line on its standard input. Then it is the command line of vitest and nothing else, once. Until then it has read
 * nothing of the project but its packages, so that what it says is worth as much as what a process started later says.
 *
 * Plain JavaScript, run by whatever Node the project uses.
 */
import { pathToFileURL } from 'node:url';
import { become, errand } from '../javascript/errand.mjs';
import { forksOf } from './forks.mjs';

/** Most saves concern two or more; each process takes some 50 MB. */
const TEST_FILES = 2;

// In place, here and below: the parser of the command line keeps the array.
const [, library, executable, execArgv] = process.argv.splice(1);
process.argv.push(executable);

const asked = errand();
// What cannot be loaded now may be loaded by the command itself, or it will say why not.
await import(pathToFileURL(library).href).catch(() => undefined);
if (execArgv !== undefined) {
  const forks = await forksOf(library).catch(() => undefined);
  forks?.prepare(JSON.parse(execArgv), TEST_FILES);
}
// For people who look at what is running.
const { title } = process;
process.title = `vitest (spare) ${process.cwd()}`;
const order = await asked;
if (order === undefined) process.exit(0);
process.title = title;
await become(executable, order);
