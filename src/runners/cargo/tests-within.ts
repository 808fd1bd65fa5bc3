import { type Token, tokensOf } from './rust-tokens.ts';

/** `#[test]` and its relatives, whatever crate they are of. */
const testAttribute =
  /^#!?\[\s*(?:\w+\s*::\s*)*(?:test|bench|rstest|test_case|case|test_log|quickcheck|proptest|wasm_bindgen_test|test_matrix)\b/;
const onlyInTests = /^#!?\[\s*cfg\s*\(.*\btest\b/s;
/** These are no items, and yet decide what a test sees. */
const detail = /^#!?\[\s*(?:doc\b|cfg_attr\s*\(\s*test\b)/;
/** What ends with a semicolon, braces or not. */
const flat = new Set(['use', 'const', 'static', 'type', 'let', 'extern']);
const item = new Set([
  ...['pub', 'fn', 'mod', 'struct', 'enum', 'union', 'trait', 'impl', 'async', 'unsafe', 'macro_rules', 'default'],
  ...flat,
]);
const afterConst = new Set(['fn', 'unsafe', 'async', 'extern']);

/**
 * The tests that stand inside a Rust source, as text: modules and items for tests alone, functions that are tests, and the
 * examples in documentation. Undefined when there are none.
 */
export function testsWithin(text: string): string | undefined {
  const tokens = tokensOf(text);
  const source: Source = { text, tokens, closing: closings(text, tokens) };
  const found: string[] = [];
  let lead: number | undefined;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined || token.kind === 'comment') continue;
    if (token.kind === 'doc') {
      let end = at + 1;
      while (tokens[end]?.kind === 'doc') end++;
      found.push(...examplesIn(tokens.slice(at, end).map(({ from, to }) => text.slice(from, to))));
      at = end - 1;
      continue;
    }
    const end = attributeEnd(source, at);
    if (end === undefined) {
      lead = undefined;
      continue;
    }
    lead ??= at;
    const attribute = text.slice(token.from, tokens[end]?.to);
    at = end;
    if (detail.test(attribute)) found.push(attribute);
    if (!isOfTests(attribute)) continue;
    // Of the whole file, or of the module around it.
    if (attribute.startsWith('#!')) return text;
    const last = itemEnd(source, end + 1);
    found.push(text.slice(tokens[lead]?.from, tokens[last]?.to));
    at = last;
    lead = undefined;
  }
  return found.length === 0 ? undefined : found.join('\n');
}

function isOfTests(attribute: string): boolean {
  if (testAttribute.test(attribute)) return true;
  return onlyInTests.test(attribute.replaceAll(/"[^"]*"|\bnot\s*\(\s*test\s*\)/g, ''));
}

/** A text with its tokens, and for each opening bracket the index of the one that closes it. */
interface Source {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly closing: (open: number) => number;
}

/** The index of the bracket that closes an attribute which begins here. */
function attributeEnd({ text, tokens, closing }: Source, at: number): number | undefined {
  if (charAt(text, tokens[at]) !== '#') return undefined;
  const open = charAt(text, tokens[at + 1]) === '!' ? at + 2 : at + 1;
  return charAt(text, tokens[open]) === '[' ? closing(open) : undefined;
}

/** The last token of what begins here, further attributes included: an item, a statement, a field, an arm. */
function itemEnd(source: Source, from: number): number {
  const { text, tokens, closing } = source;
  let at = from;
  for (let end = skipped(source, at); end !== undefined; end = skipped(source, at)) at = end + 1;
  const [first, second] = wordsFrom(source, at);
  const isItem = item.has(first);
  const isFlat =
    flat.has(first) && !(first === 'const' || first === 'extern' ? afterConst.has(second) || second === '"' : false);
  for (; at < tokens.length; at++) {
    const mark = charAt(text, tokens[at]);
    if (mark === ';' || (mark === ',' && !isItem)) return at;
    if (mark === '}' || mark === ')' || mark === ']') return Math.max(from, at - 1);
    if (mark === '(' || mark === '[') at = closing(at);
    if (mark !== '{') continue;
    at = closing(at);
    if (!isFlat) return at;
  }
  return tokens.length - 1;
}

/** The end of an attribute or a comment before the item itself. */
function skipped(source: Source, at: number): number | undefined {
  const kind = source.tokens[at]?.kind;
  return kind === 'comment' || kind === 'doc' ? at : attributeEnd(source, at);
}

/** The first two words after visibility: `pub(crate) const fn`. */
function wordsFrom({ text, tokens, closing }: Source, from: number): readonly [string, string] {
  let at = from;
  if (wordAt(text, tokens[at]) === 'pub') {
    at++;
    if (charAt(text, tokens[at]) === '(') at = closing(at) + 1;
  }
  const second = tokens[at + 1];
  return [wordAt(text, tokens[at]), second?.kind === 'text' ? '"' : wordAt(text, second)];
}

/** Where the bracket of each opening one is closed, of whatever kind it is; what is left open is closed by the last token. */
function closings(text: string, tokens: readonly Token[]): (open: number) => number {
  const closed = new Map<number, number>();
  const open: number[] = [];
  for (const [at, token] of tokens.entries()) {
    const mark = charAt(text, token);
    if (mark === '{' || mark === '(' || mark === '[') open.push(at);
    if (mark !== '}' && mark !== ')' && mark !== ']') continue;
    const last = open.pop();
    if (last !== undefined) closed.set(last, at);
  }
  return (at) => closed.get(at) ?? tokens.length - 1;
}

function charAt(text: string, token: Token | undefined): string {
  return token?.kind === 'mark' ? (text[token.from] ?? '') : '';
}

function wordAt(text: string, token: Token | undefined): string {
  return token?.kind === 'word' ? text.slice(token.from, token.to) : '';
}

/** What may be code in a documentation: between fences, or indented. */
function examplesIn(comments: readonly string[]): readonly string[] {
  const lines = comments.flatMap((comment) => comment.split('\n')).map(withoutMarks);
  const code: string[] = [];
  let isInside = false;
  for (const line of lines) {
    const isFence = /^\s*(?:```|~~~)/.test(line);
    if (isFence || isInside || /^(?: {5,}|\t)\S/.test(line)) code.push(line.trim());
    if (isFence) isInside = !isInside;
  }
  return code.length === 0 ? [] : [code.join('\n')];
}

function withoutMarks(line: string): string {
  return line.replace(/^\s*(?:\/\/[/!]|\/\*[*!]|\*(?!\/))/, '').replace(/\*\/\s*$/, '');
}
