import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { renderEnvExample, withSettingsTable } from './settings-docs.ts';

const repository = resolve(import.meta.dirname, '../..');
const readmeFile = resolve(repository, 'README.md');
const readme = withSettingsTable(await readFile(readmeFile, 'utf8'));
if (readme === undefined) throw new Error(`${readmeFile} has no <!-- settings --> … <!-- /settings --> markers`);
await writeFile(readmeFile, readme);
await writeFile(resolve(repository, '.env.example'), renderEnvExample());
process.stdout.write('written: README.md (table of settings), .env.example\n');
