import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { withBackOffTable } from './back-off-docs.ts';
import { renderEnvExample, withSettingsTable } from './settings-docs.ts';

const repository = resolve(import.meta.dirname, '../..');
const readmeFile = resolve(repository, 'README.md');
const withSettings = withSettingsTable(await readFile(readmeFile, 'utf8'));
if (withSettings === undefined) throw new Error(`${readmeFile} has no <!-- settings --> … <!-- /settings --> markers`);
const readme = withBackOffTable(withSettings);
if (readme === undefined) throw new Error(`${readmeFile} has no <!-- back-off --> … <!-- /back-off --> markers`);
await writeFile(readmeFile, readme);
await writeFile(resolve(repository, '.env.example'), renderEnvExample());
process.stdout.write('written: README.md (tables of settings and of waits), .env.example\n');
