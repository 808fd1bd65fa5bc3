/** How a line is meant, for marks and colours. */
export type Tone = 'good' | 'bad' | 'warn' | 'step' | 'quiet';

export interface Line {
  readonly tone: Tone;
  readonly text: string;
}
