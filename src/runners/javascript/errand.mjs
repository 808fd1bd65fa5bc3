/** How a process that waits with everything loaded is sent on its errand, once: by one line of JSON on its input. */
import { closeSync, openSync, ReadStream } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LINE_LIMIT_CHARACTERS = 16 * 1024 * 1024;

/** What it is to do; undefined when whoever would have asked is gone. To be called at once, so that nothing is missed. */
export async function errand() {
  const line = await readLine(process.stdin);
  return line === undefined ? undefined : JSON.parse(line);
}

/** From now on this is the command line of the runner, as if it had been started so. */
export async function become(executable, { root, args, env }) {
  leaveNoInput();
  process.chdir(root);
  Object.assign(process.env, env);
  process.argv.push(...args);
  await import(pathToFileURL(executable).href);
}

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
