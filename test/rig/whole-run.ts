import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingNames } from '../../src/config/settings.ts';

// Runs once, in the process that starts those of the test files: they inherit its environment.

const personal = /^(?:ANTHROPIC_|CLAUDE|MENDWATCH_|GITHUB_|GH_|SLACK_|EMAIL_|EXECUTOR_)/;

/** What belongs to this machine is taken away, and what Node has compiled is kept for the next process. */
export default function beginRun(): () => void {
  for (const name of Object.keys(process.env)) {
    if (personal.test(name) || settingNames.some((setting) => setting === name)) delete process.env[name];
  }
  const compiled = realpathSync(mkdtempSync(join(tmpdir(), 'mw-compiled-')));
  // By another name than Node's own, since it is not for the processes of the test files: these end after the folder is gone.
  process.env.COMPILED_FOLDER = compiled;
  return () => rmSync(compiled, { recursive: true, force: true, maxRetries: 5 });
}
