import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What pytest reads its settings from, the first that has any; each with the heading that they stand under. */
const places: readonly { readonly name: string; readonly heading: RegExp; readonly since?: number }[] = [
  { name: 'pytest.toml', heading: /^\[pytest\]/m, since: 9 },
  { name: '.pytest.toml', heading: /^\[pytest\]/m, since: 9 },
  // These count as settings even if they are empty.
  { name: 'pytest.ini', heading: /^(?:[^[\n].*\n|\n)*(?:\[pytest\])?/ },
  { name: '.pytest.ini', heading: /^(?:[^[\n].*\n|\n)*(?:\[pytest\])?/ },
  { name: 'pyproject.toml', heading: /^\[\s*tool\s*\.\s*pytest\s*(?:\.\s*ini_options\s*)?\]/m },
  { name: 'tox.ini', heading: /^\[pytest\]/m },
  { name: 'setup.cfg', heading: /^\[tool:pytest\]/m },
];

export const settingsNames = places.map(({ name }) => name);

export const defaultPatterns = ['test_*.py', '*_test.py'];

/** Those settings of pytest that say where tests are; pytest itself says it better once it has run. */
export interface PytestSettings {
  /** The file that they stand in; undefined when there is none. */
  readonly file: string | undefined;
  /** `python_files`. */
  readonly patterns: readonly string[];
  /** `testpaths`; empty: everywhere. */
  readonly testPaths: readonly string[];
}

/** The settings of a folder, for a pytest of this major version, read line by line. */
export async function readSettings(folder: string, major: number): Promise<PytestSettings> {
  for (const { name, heading, since } of places) {
    if (since !== undefined && major < since) continue;
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    const found = text === undefined ? null : heading.exec(text);
    if (text === undefined || found === null) continue;
    const [section = ''] = text.slice(found.index + found[0].length).split(/^\[+[\w.:"' -]+\]+\s*$/m);
    const patterns = valuesOf(section, 'python_files');
    return {
      file: name,
      patterns: patterns.length === 0 ? defaultPatterns : patterns,
      testPaths: valuesOf(section, 'testpaths'),
    };
  }
  return { file: undefined, patterns: defaultPatterns, testPaths: [] };
}

/** Modules that settings name, so that every test depends on them: Django's settings, plugins. */
export async function namedModules(
  folder: string,
  file: string | undefined,
  which: 'all' | 'plugins',
): Promise<readonly string[]> {
  if (file === undefined) return [];
  const text = await readFile(join(folder, file), 'utf8').catch(() => '');
  const names = text.matchAll(/\bDJANGO_SETTINGS_MODULE\s*=\s*["']?([\w.]+)|(?:^|[\s"'=[])-p[\s"',]+([\w.]+)/gm);
  return [...names].flatMap(([, settings, plugin]) => plugin ?? (which === 'all' ? (settings ?? []) : []));
}

/** A value of an INI or TOML file: words, a text of words, or a list of texts, on one line or several. */
function valuesOf(section: string, name: string): readonly string[] {
  const from = new RegExp(`^${name}\\s*=[ \\t]*`, 'm').exec(section);
  if (from === null) return [];
  const rest = section.slice(from.index + from[0].length);
  if (rest.startsWith('[')) return textsIn(rest.slice(0, `${rest}]`.indexOf(']')));
  const [value = ''] = rest.split(/\n(?=\S)/, 1);
  const plain = value.replaceAll(/^\s*[#;].*$/gm, '').trim();
  return (/^(["'])/.test(plain) ? textsIn(plain) : [plain]).flatMap((text) => text.split(/\s+/)).filter(Boolean);
}

function textsIn(value: string): readonly string[] {
  return [...value.replaceAll(/#.*$/gm, '').matchAll(/(["'])(.*?)\1/g)].map(([, , text = '']) => text);
}
