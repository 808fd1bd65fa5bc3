/** Cuts a byte stream into lines of bounded length. */
export interface LineDecoder {
  /** Takes the next bytes; may call back for several lines, or for none. */
  push(chunk: Uint8Array): void;
  /** The stream has ended: what is left without a newline is a line too. */
  end(): void;
}

/**
 * Never holds more than one line of `limitBytes`. A longer one is dropped up to its newline and reported once. Lines are
 * decoded when complete, so a character that was split between chunks is whole again; invalid bytes become U+FFFD.
 */
export function lineDecoder(options: {
  limitBytes: number;
  onLine: (line: string) => void;
  onTooLong: () => void;
}): LineDecoder {
  const decoder = new TextDecoder();
  let parts: Uint8Array[] = [];
  let size = 0;
  let dropping = false;

  function take(bytes: Uint8Array): void {
    if (dropping || bytes.length === 0) return;
    size += bytes.length;
    if (size <= options.limitBytes) {
      parts.push(Buffer.from(bytes));
      return;
    }
    dropping = true;
    parts = [];
    options.onTooLong();
  }

  function finish(): void {
    const line = dropping ? '' : decoder.decode(Buffer.concat(parts)).trim();
    parts = [];
    size = 0;
    dropping = false;
    if (line !== '') options.onLine(line);
  }

  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        take(chunk.subarray(from, at));
        finish();
        from = at + 1;
      }
      take(chunk.subarray(from));
    },
    end: finish,
  };
}
