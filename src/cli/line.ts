/** How a line is meant, for marks and colours. */
export type Tone = 'good' | 'bad' | 'warn' | 'step' | 'quiet';

export interface Line {
  readonly tone: Tone;
  readonly text: string;
}

/** Names and messages come from the project: no escape code of theirs reaches the terminal, nor turns its text around. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

/** The same for a part of a line, which must not look like a line of ours. */
export function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu, ' ');
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const good = (text: string): Line => line('good', text);
export const bad = (text: string): Line => line('bad', text);
export const warn = (text: string): Line => line('warn', text);
export const quiet = (text: string): Line => line('quiet', text);
export function step(text: string, isHidden = false): Line | undefined {
  return isHidden ? undefined : line('step', text);
}

export function line(tone: Tone, text: string): Line {
  return { tone, text: inOneLine(text) };
}
