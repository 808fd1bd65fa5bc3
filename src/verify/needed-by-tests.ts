import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededBy } from '../runners/javascript/needed-by.ts';
import type { Patch } from '../workspace/types.ts';

const script = /(?<!\.d)\.[cm]?[jt]sx?$/;
const ofTests = new Set(
  'test tests testing testutil testutils testkit spec specs mock mocks stub stubs fake fakes fixture fixtures'.split(
    ' ',
  ),
);
const shown = 3;

/** What a module has that compares for tests, or stands in for parts of the program. */
const compares =
  /\b(?:from\s*|import\s*\(?\s*|require\s*\(\s*)['"](?:(?:node:)?assert(?:\/strict)?|power-assert|unexpected|should|expect|sinon|testdouble|nock|msw|supertest|fast-check|@testing-library\/[\w-]+|@faker-js\/faker)(?:\/[^'"]*)?['"]|\bthrow\s+new\s+AssertionError\b|\bexport\s+(?:default\s+)?(?:async\s+)?(?:function\s*\*?|const|let|class)\s*(?:assert|expect|should|mock|stub|fake)(?![a-z])|\bexports\s*\.\s*(?:assert|expect|should|mock|stub|fake)(?![a-z])|\bmodule\s*\.\s*exports\s*=\s*\{[^}]*\b(?:assert|expect|should|mock|stub|fake)(?:[A-Z_]\w*)?\s*[,:}(]/;

/**
 * Modules that a patch changes, that look like a part of the tests and that nothing but tests needs: what compares could be
 * made to agree there. Neither sign is enough alone. A small program is needed by nothing but its tests, too, and words
 * like "spec" or an assertion stand in ordinary sources, which others need.
 *
 * @param root a folder that holds the patched tree.
 * @param isProtected says which modules are of the tests for sure.
 */
export async function neededByTestsAlone(
  patch: Patch,
  root: string,
  isProtected: (path: string) => boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { path, kind } of patch.changes) {
    if (kind !== 'modified' || !script.test(path) || isProtected(path)) continue;
    const isNamed = saysTests(path);
    if (!isNamed && !compares.test(textOf(join(root, path)))) continue;
    const needing = await neededBy(root, path);
    if (needing === undefined || needing.some((each) => !isProtected(each) && !saysTests(each))) continue;
    // What nobody names may still be loaded by its place.
    if (needing.length === 0 && !isNamed) continue;
    const who = needing.filter(isProtected).slice(0, shown).join(', ');
    found.push(`${path} looks like a part of the tests: ${who === '' ? 'no source' : `only ${who}`} needs it`);
  }
  return found;
}

function saysTests(path: string): boolean {
  const words = path.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[^A-Za-z]+/);
  return words.some((word) => ofTests.has(word.toLowerCase()));
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
