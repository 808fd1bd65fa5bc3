import { setImmediate } from 'node:timers/promises';
import type { Stretch } from './scan.ts';

/**
 * What goes into one look. Its rules are regular expressions of others, whose time may grow faster than the text: in
 * pieces of this size it cannot, and other work goes on between them.
 */
const windowCharacters = 64 * 1024;
/** A secret over the edge of a window is seen whole in the next. */
const overlapCharacters = 8 * 1024;

type Lint = (text: string) => Promise<readonly Stretch[]>;

let loaded: Promise<Lint> | undefined;

/**
 * Where a text holds secrets of formats that Secretlint knows. It answers by promises only and takes ten megabytes, so
 * it is loaded when something leaves for the first time, and looks at what is stored or sent, not at lines of a log.
 */
export async function detect(text: string): Promise<readonly Stretch[]> {
  loaded ??= load();
  const lint = await loaded;
  const found: Stretch[] = [];
  for (let at = 0; at < text.length; at += windowCharacters - overlapCharacters) {
    if (at > 0) await setImmediate();
    const stretches = await lint(text.slice(at, at + windowCharacters));
    found.push(...stretches.map(({ start, end }) => ({ start: at + start, end: at + end })));
    if (at + windowCharacters >= text.length) break;
  }
  return joined(found);
}

async function load(): Promise<Lint> {
  const [{ lintSource }, { rules }, { secretLintProfiler }] = await Promise.all([
    import('@secretlint/core'),
    import('@secretlint/secretlint-rule-preset-recommend'),
    import('@secretlint/profiler'),
  ]);
  // It keeps marks of every text for ever.
  secretLintProfiler.setEnabled(false);
  // Without the rule by which a comment in the text switches the others off: the text is not ours.
  const used = rules
    .filter(({ meta }) => !meta.id.endsWith('filter-comments'))
    .map((rule) => ({ id: rule.meta.id, rule, options: {} }));
  const options = { config: { rules: used }, locale: 'en', noPhysicFilePath: true } as const;
  return async (content) => {
    const source = { filePath: 'text', content, ext: '', contentType: 'text' } as const;
    const { messages } = await lintSource({ source, options });
    return messages.map(({ range: [start, end] }) => ({ start, end }));
  };
}

function joined(found: readonly Stretch[]): readonly Stretch[] {
  const apart: Stretch[] = [];
  for (const { start, end } of found.toSorted((a, b) => a.start - b.start)) {
    const last = apart.at(-1);
    if (last !== undefined && last.end >= start) last.end = Math.max(last.end, end);
    else apart.push({ start, end });
  }
  return apart;
}
