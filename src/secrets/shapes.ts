/** Shorter values are too common in ordinary text to be taken out of it. */
export const shortestSecret = 6;

/** A longer value is looked for in pieces of this size: a key of many lines is printed line by line, too. */
const pieceCharacters = 120;
/** In base64 a short value leaves too few characters that are surely its own. */
const shortestEncoded = 8;

/** The password in an address (`http://user:password@host`), where it is long enough to be looked for. */
export function passwordIn(text: string): string | undefined {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:([^\s/@]+)@/i.exec(text)?.[1];
  return password !== undefined && password.length >= shortestSecret ? password : undefined;
}

/** The texts as which a value may stand in other texts: as it is, escaped, in an address, encoded. */
export function shapesOf(value: string): readonly string[] {
  const json = jsonOf(value);
  const shapes = [value, json, jsonOf(json), ...addressesOf(value), ...base64Of(value), ...linesOf(value)];
  return [...new Set(shapes)].filter((shape) => shape.length >= shortestSecret).flatMap(piecesOf);
}

function jsonOf(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function addressesOf(text: string): readonly string[] {
  if (!text.isWellFormed()) return [];
  const component = encodeURIComponent(text);
  const lower = component.replace(/%../g, (code) => code.toLowerCase());
  return [component, lower, component.replaceAll('%20', '+')];
}

/**
 * Encoded alone, and as a part of something longer: then the first and last characters share their bits with what is
 * beside the value, and what is surely its own depends on where in a group of three bytes it begins.
 */
function base64Of(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  if (bytes.length < shortestEncoded) return [];
  const inside = [0, 1, 2].map((offset) => {
    const all = Buffer.concat([Buffer.alloc(offset), bytes]);
    const shared = all.length % 3 === 0 ? 0 : 1;
    const whole = all.toString('base64').replace(/=+$/, '');
    return whole.slice(offset === 0 ? 0 : offset + 1, whole.length - shared);
  });
  const plain = [bytes.toString('base64'), ...inside];
  return [...plain, ...plain.map((one) => one.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))];
}

function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.length === 1 ? [] : lines.filter((line) => line.length >= 16 && !/^-----.*-----$/.test(line));
}

/** The last piece overlaps the one before, so that none is short; together they cover the whole. */
function piecesOf(shape: string): readonly string[] {
  if (shape.length <= pieceCharacters) return [shape];
  const pieces: string[] = [];
  for (let at = 0; at + pieceCharacters < shape.length; at += pieceCharacters) {
    pieces.push(shape.slice(at, at + pieceCharacters));
  }
  return [...pieces, shape.slice(-pieceCharacters)];
}
