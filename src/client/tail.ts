const keptChars = 1024 * 1024;

/** The end of a text that may be endless. */
export class Tail {
  #parts: string[] = [];
  #chars = 0;
  #droppedChars = 0;

  add(text: string): void {
    this.#parts.push(text);
    this.#chars += text.length;
    if (this.#chars > 2 * keptChars) this.#cut();
  }

  get text(): string {
    this.#cut();
    return this.#parts.join('');
  }

  /** Characters that are not in `text` any more. */
  get droppedChars(): number {
    this.#cut();
    return this.#droppedChars;
  }

  #cut(): void {
    if (this.#chars <= keptChars) return;
    const whole = this.#parts.join('');
    const kept = whole.slice(-keptChars);
    this.#droppedChars += whole.length - kept.length;
    this.#parts = [kept];
    this.#chars = kept.length;
  }
}
