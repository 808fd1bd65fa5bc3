/** A unit as systemd reads it (systemd.syntax(7), systemd.service(5)), as far as the units of this program go. */
export interface ReadUnit {
  /** All values of a key, in their order. */
  values(key: string): readonly string[];
  /** `ExecStart=` as words, with the variables of the unit put in. */
  command(): readonly string[];
  /** All of `Environment=`. */
  environment(): ReadonlyMap<string, string>;
}

export function readUnit(text: string): ReadUnit {
  const lines = text.split('\n').filter((line) => line !== '' && !/^[#;[]/.test(line));
  const pairs = lines.map((line) => {
    const at = line.indexOf('=');
    if (at < 1) throw new Error(`No assignment: ${line}`);
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()] as const;
  });
  const values = (key: string): string[] => pairs.filter(([name]) => name === key).map(([, value]) => value);
  const environment = (): Map<string, string> =>
    new Map(
      values('Environment').flatMap((value) =>
        wordsOf(value).map((word) => {
          const text = specified(word);
          return [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const;
        }),
      ),
    );
  return {
    values,
    environment,
    command: () => {
      const [program = '', ...rest] = wordsOf(values('ExecStart')[0] ?? '').map(specified);
      if (/["'\\]/.test(program)) throw new Error(`Executable name contains special characters: ${program}`);
      return [program, ...rest.map((word) => substituted(word, environment()))];
    },
  };
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\', '"': '"', "'": "'", s: ' ' };

function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\') {
      const meant = escapes[text[++at] ?? ''];
      if (meant === undefined) throw new Error(`Unknown escape in ${text}`);
      word = (word ?? '') + meant;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if ((char === '"' || char === "'") && word === undefined) {
      quote = char;
      word = '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') throw new Error(`A quote is not closed: ${text}`);
  return word === undefined ? words : [...words, word];
}

function specified(word: string): string {
  return word.replace(/%(.?)/gs, (all, letter) => {
    if (letter !== '%') throw new Error(`A specifier: ${all}`);
    return '%';
  });
}

function substituted(word: string, variables: ReadonlyMap<string, string>): string {
  return word.replace(/\$\$|\$\{(\w+)\}|^\$(\w+)$/g, (all, inner, whole) =>
    all === '$$' ? '$' : (variables.get(inner ?? whole) ?? ''),
  );
}
