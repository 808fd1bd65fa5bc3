const graphemes = new Intl.Segmenter();
/** East Asian wide and fullwidth characters, and what is drawn as a picture: two columns each. */
const wide =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18D08}\u{1B000}-\u{1B2FB}\u{20000}-\u{3FFFD}])/u;
const nothing = /^[\p{Mark}\p{Cf}\p{Cc}]+$/u;

/** The columns that a text without escape codes takes on a terminal. */
export function widthOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += widthOfOne(segment);
  return columns;
}

/** The text, cut to so many columns. */
export function cutTo(text: string, columns: number): string {
  if (text.length <= columns / 2 || widthOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOfOne(segment);
    if (used > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept}…`;
}

function widthOfOne(grapheme: string): number {
  if (nothing.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}
