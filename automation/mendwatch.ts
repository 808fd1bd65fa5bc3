#!/usr/bin/env node
import { unsupportedNode } from '../src/config/node-version.ts';

// Before anything else is loaded: an older Node would fail on the first file with a message that helps nobody.
const problem = unsupportedNode(process.versions.node);
if (problem === undefined) {
  const { main } = await import('../src/cli/main.ts');
  const { doors } = await import('./doors.ts');
  process.exitCode = await main(process.argv.slice(2), doors);
} else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
