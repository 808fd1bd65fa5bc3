/**
 * A process for a test file that is started ahead of its run (`forks.mjs`): what it would have been given by whoever starts
 * it comes first.
 */
import { pathToFileURL } from 'node:url';

const [entry] = process.argv.splice(1, 2).slice(1);
process.argv.push(entry);
// Before any listener: some versions of vitest take every message for one of their own. What is started with the process
// may have put its own in this place: vitest does, to leave out warnings.
const before = Object.getOwnPropertyDescriptor(process, 'emit');
const { emit } = process;
const hear = function (event, message, ...others) {
  if (event !== 'message' || message?.mendwatch !== 'environment') return emit.call(this, event, message, ...others);
  if (this.emit === hear) {
    if (before === undefined) delete this.emit;
    else Object.defineProperty(this, 'emit', before);
  }
  for (const name of Object.keys(this.env)) if (!(name in message.env)) delete this.env[name];
  Object.assign(this.env, message.env);
  this.umask(message.umask);
  // Also where it is the same: the folder may have been made anew meanwhile.
  this.chdir(message.cwd);
  return true;
};
process.emit = hear;
await import(pathToFileURL(entry).href);
