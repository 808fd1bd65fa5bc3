/**
 * A vitest that is started before anyone knows what it will run: it loads the project's installed vitest and waits for
 * one line on its standard input. Then it is the command line of vitest and nothing else, once. Until then it has read
 * nothing of the project but its packages, so that what it says is worth as much as what a process started later says.
 *
 * One self-contained file of plain JavaScript, run by whatever Node the project uses.
 */
import { closeSync, openSync, ReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LINE_LIMIT_CHARACTERS = 16 * 1024 * 1024;
// In place, here and below: the parser of the command line keeps the array.
const [, library, executable] = process.argv.splice(1);
process.argv.push(executable);

const asked = readLine(process.stdin);
// What cannot be loaded now may be loaded by the command itself, or it will say why not.
await import(pathToFileURL(library).href).catch(() => undefined);
// For people who look at what is running.
const { title } = process;
process.title = `vitest (spare) ${process.cwd()}`;
const line = await asked;
if (line === undefined) process.exit(0);
process.title = title;
const { root, args, env } = JSON.parse(line);
leaveNoInput();
process.chdir(root);
Object.assign(process.env, env);
process.argv.push(...args);
await import(pathToFileURL(executable).href);

/** All of the input; undefined when whoever would have asked is gone. */
async function readLine(input) {
  input.setEncoding('utf8');
  let text = '';
  for await (const chunk of input) {
    text += chunk;
    if (text.length > LINE_LIMIT_CHARACTERS) return undefined;
  }
  return text.endsWith('\n') ? text : undefined;
}

/** As for a process that is started for its run: nothing can be read, and who tries is told so at once. */
function leaveNoInput() {
  closeSync(0);
  openSync('/dev/null', 'r');
  let stdin;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    enumerable: true,
    get: () => {
      stdin ??= new ReadStream(null, { fd: 0, autoClose: false });
      return stdin;
    },
  });
}
