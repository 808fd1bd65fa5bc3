/** A piece of Rust's text, as far as it matters for finding where an item begins and ends. */
export interface Token {
  /** `mark` is a single character of punctuation; `text` a string or character literal. */
  readonly kind: 'word' | 'mark' | 'text' | 'doc' | 'comment';
  readonly from: number;
  readonly to: number;
}

const word = /[\p{XID_Start}_][\p{XID_Continue}]*|\d[\w.]*?(?=\.\.|[^\w.]|$)/uy;
const rawText = /(?:r|br|cr)(#*)"/y;
const plainText = /(?:b|c)?"(?:[^"\\]|\\[\s\S])*(?:"|$)/y;
const character = /b?'(?:\\(?:u\{[^}']*\}|x[\da-fA-F]{2}|[\s\S])|[^\\'\n])'/uy;
const lifetime = /'(?:r#)?[\p{XID_Start}_][\p{XID_Continue}]*/uy;
const rawWord = /r#[\p{XID_Start}_][\p{XID_Continue}]*/uy;

/** The tokens of a source file. Whatever the text, it comes to its end: what is left open reaches to the end. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const matched = (pattern: RegExp, at: number): number | undefined => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : undefined;
  };
  for (let at = 0; at < text.length; ) {
    const from = at;
    const add = (kind: Token['kind'], to: number) => {
      tokens.push({ kind, from, to });
      at = to;
    };
    if (/\s/.test(text[at] ?? '')) {
      at++;
      continue;
    }
    const comment = commentEnd(text, at);
    if (comment !== undefined) {
      add(isDoc(text, at) ? 'doc' : 'comment', comment);
      continue;
    }
    const raw = rawTextEnd(text, at);
    const literal = raw ?? matched(plainText, at) ?? matched(character, at);
    if (literal !== undefined) add('text', literal);
    else add(...wordOrMark(at, matched));
  }
  return tokens;
}

function wordOrMark(
  at: number,
  matched: (pattern: RegExp, at: number) => number | undefined,
): ['word' | 'mark', number] {
  const end = matched(rawWord, at) ?? matched(word, at) ?? matched(lifetime, at);
  return end === undefined ? ['mark', at + 1] : ['word', end];
}

function rawTextEnd(text: string, at: number): number | undefined {
  rawText.lastIndex = at;
  const found = rawText.exec(text);
  if (found === null) return undefined;
  const close = `"${found[1]}`;
  const end = text.indexOf(close, rawText.lastIndex);
  return end === -1 ? text.length : end + close.length;
}

function commentEnd(text: string, at: number): number | undefined {
  if (text.startsWith('//', at)) {
    const end = text.indexOf('\n', at);
    return end === -1 ? text.length : end;
  }
  if (!text.startsWith('/*', at)) return undefined;
  let depth = 1;
  let next = at + 2;
  while (depth > 0 && next < text.length) {
    if (text.startsWith('/*', next)) depth++;
    else if (text.startsWith('*/', next)) depth--;
    else {
      next++;
      continue;
    }
    next += 2;
  }
  return next;
}

/** `////` and `/***` are ordinary comments again. */
function isDoc(text: string, at: number): boolean {
  const start = text.slice(at, at + 5);
  return /^(?:\/\/!|\/\/\/(?!\/)|\/\*!|\/\*\*(?![*/]))/.test(start);
}
