/** The words of a command, or what of it only a shell would understand. */
export type Words = { readonly words: readonly string[] } | { readonly problem: string };

/** Outside of quotes a shell gives each of these a meaning of its own. */
const shellCharacters = new Set('|&;<>()$`*?[]{}!#~\n\r');
const blank = /[ \t]/;

/**
 * Splits a command as a shell splits one that uses nothing but quotes and backslashes. Whatever a shell would expand,
 * redirect, join or run is refused, also where it would happen to be harmless: a list of allowed commands stands on it.
 */
export function splitWords(command: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < command.length; ) {
    const character = command.charAt(at);
    if (character === '\0') return { problem: 'a zero byte' };
    if (blank.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
      continue;
    }
    const piece = readPiece(command, at);
    if ('problem' in piece) return piece;
    word = (word ?? '') + piece.text;
    at = piece.next;
  }
  if (word !== undefined) words.push(word);
  const [first = ''] = words;
  if (words.length > 0 && (first === '' || /^\w+\+?=/.test(first))) {
    return { problem: first === '' ? 'an empty name of a program' : 'an assignment before the program' };
  }
  return { words };
}

type Piece = { readonly text: string; readonly next: number } | { readonly problem: string };

function readPiece(command: string, at: number): Piece {
  const character = command.charAt(at);
  if (character === "'") return readSingle(command, at);
  if (character === '"') return readDouble(command, at);
  if (character === '\\') {
    const escaped = command.charAt(at + 1);
    if (escaped === '' || escaped === '\n' || escaped === '\r' || escaped === '\0') {
      return { problem: 'a backslash at the end of a line' };
    }
    return { text: escaped, next: at + 2 };
  }
  if (shellCharacters.has(character)) return { problem: describe(character) };
  return { text: character, next: at + 1 };
}

function readSingle(command: string, at: number): Piece {
  const end = command.indexOf("'", at + 1);
  if (end === -1) return { problem: 'a quote without its end' };
  const text = command.slice(at + 1, end);
  return text.includes('\0') ? { problem: 'a zero byte' } : { text, next: end + 1 };
}

function readDouble(command: string, from: number): Piece {
  let text = '';
  for (let at = from + 1; at < command.length; at += 1) {
    const character = command.charAt(at);
    if (character === '"') return { text, next: at + 1 };
    if (character === '$' || character === '`') return { problem: `${describe(character)} inside double quotes` };
    if (character === '\0') return { problem: 'a zero byte' };
    if (character !== '\\') {
      text += character;
      continue;
    }
    // As in a shell: before anything else the backslash stands for itself.
    const escaped = command.charAt(at + 1);
    if (escaped === '\n') return { problem: 'a backslash at the end of a line' };
    const isEscape = escaped !== '' && '"\\$`'.includes(escaped);
    text += isEscape ? escaped : character;
    if (isEscape) at += 1;
  }
  return { problem: 'a quote without its end' };
}

function describe(character: string): string {
  return character === '\n' || character === '\r' ? 'a line break outside of quotes' : `\`${character}\``;
}
