import type { CheckName } from '../../domain/runner-names.ts';
import type { Finding } from '../types.ts';
import { biome } from './biome.ts';
import { clippy } from './clippy.ts';
import { command } from './command.ts';
import { eslint } from './eslint.ts';
import { goVet } from './go-vet.ts';
import { mypy } from './mypy.ts';
import { ruff } from './ruff.ts';
import { tsc } from './tsc.ts';
import type { CheckFamily, CheckSearch } from './types.ts';

/** In the order in which they are run and told of. */
const checks: readonly CheckFamily[] = [tsc, eslint, biome, ruff, mypy, goVet, clippy, command];

/** The checks that are named, and with `auto` those whose settings are in the project. */
export async function detectChecks(
  search: Omit<CheckSearch, 'isAsked'>,
  wanted: readonly (CheckName | 'auto')[],
): Promise<readonly Finding[]> {
  const asked = checks.filter(({ name }) => wanted.includes('auto') || wanted.includes(name));
  const findings = await Promise.all(
    asked.map(({ name, find }) => find({ ...search, isAsked: wanted.includes(name) })),
  );
  return findings.flat();
}
