/** A process for a test file that is started ahead of its run (`forks.mjs`): the rest of its environment comes first. */
import { pathToFileURL } from 'node:url';

const [entry] = process.argv.splice(1, 2).slice(1);
process.argv.push(entry);
// Before any listener: some versions of vitest take every message for one of their own.
process.emit = function (event, message, ...others) {
  if (event !== 'message' || message?.mendwatch !== 'environment') {
    return Object.getPrototypeOf(this).emit.call(this, event, message, ...others);
  }
  delete this.emit;
  for (const name of Object.keys(this.env)) if (!(name in message.env)) delete this.env[name];
  Object.assign(this.env, message.env);
  return true;
};
await import(pathToFileURL(entry).href);
