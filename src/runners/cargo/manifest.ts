import picomatch from 'picomatch';

/** The few lines of a `Cargo.toml` that `cargo metadata` of older versions does not tell. */
interface Table {
  readonly name: string;
  readonly text: string;
}

/** Tables as their headers part the file; what is written inline in braces has none of the keys that are looked for. */
function tablesOf(manifest: string): readonly Table[] {
  const parts = manifest.split(/^[ \t]*\[\[?[ \t]*([\w.\-"' ]+?)[ \t]*\]?\][ \t]*(?:#.*)?$/m);
  const tables: Table[] = [{ name: '', text: parts[0] ?? '' }];
  for (let at = 1; at < parts.length; at += 2) tables.push({ name: parts[at] ?? '', text: parts[at + 1] ?? '' });
  return tables;
}

const hasNoHarness = /^[ \t]*harness[ \t]*=[ \t]*false\b/m;

/** Whether a target runs without the harness of Rust. */
export function harnessless(manifest: string): (kind: string, name: string) => boolean {
  const found = tablesOf(manifest).filter(({ text }) => hasNoHarness.test(text));
  const names = found.map(({ name, text }) => [name, /^[ \t]*name[ \t]*=[ \t]*["']([^"']+)["']/m.exec(text)?.[1]]);
  return (kind, target) => names.some(([table, name]) => table === kind && (table === 'lib' || name === target));
}

/** Whether a member (its folder, relative to the workspace) is one of `default-members`; undefined where none are set. */
export function memberPatterns(manifest: string): ((folder: string) => boolean) | undefined {
  const table = tablesOf(manifest).find(({ name }) => name === 'workspace')?.text ?? '';
  const [, list] = /^[ \t]*default-members[ \t]*=[ \t]*\[([^\]]*)\]/m.exec(table) ?? [];
  if (list === undefined) return undefined;
  const names = [...list.replaceAll(/#.*$/gm, '').matchAll(/["']([^"']+)["']/g)].map(([, name = '']) => name);
  const matches = names.map((name) => name.replace(/^\.\//, '').replace(/\/+$/, ''));
  return (folder) => matches.some((name) => (name === '.' ? folder === '' : picomatch.isMatch(folder, name)));
}

/** Whether a manifest is of a crate or a workspace at all. */
export function isManifest(text: string): boolean {
  return /^[ \t]*\[[ \t]*(?:package|project|workspace)\b/m.test(text);
}
