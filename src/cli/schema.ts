import { print, printJson } from './look.ts';
import { jsonSchema, type SchemaName, schemaNames } from './schemas/schemas.ts';
import { wrong } from './wrong.ts';

/** `schema`: the names, or what one of them describes. */
export async function runSchema(name: string | undefined): Promise<number> {
  if (name === undefined) return print(schemaNames.join('\n'));
  if (!isName(name)) throw wrong(`There is no schema ${name}.`, '`mendwatch schema` lists them.');
  return printJson(jsonSchema(name));
}

function isName(name: string): name is SchemaName {
  return schemaNames.some((known) => known === name);
}
