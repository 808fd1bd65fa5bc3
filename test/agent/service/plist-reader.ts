type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** A property list of dictionaries, arrays, strings, integers and truths. */
export function readPlist(text: string): Value {
  const body = /<plist version="1\.0">(.*)<\/plist>/s.exec(text)?.[1] ?? '';
  const tokens = [...body.matchAll(/<(\/?)(\w+)(\/?)>([^<]*)/g)].map(([, close, name = '', empty, inner = '']) => ({
    name,
    kind: close === '/' ? 'close' : empty === '/' ? 'empty' : 'open',
    text: inner.replace(/&(lt|gt|amp);/g, (_all, word: string) => ({ lt: '<', gt: '>' })[word] ?? '&'),
  }));
  if (tokens.some(({ text: inner }) => inner.includes('\0'))) throw new Error('A control character');
  let at = 0;
  const next = () => {
    const token = tokens[at++];
    if (token === undefined) throw new Error('It ends too early');
    return token;
  };
  const value = (): Value => {
    const { name, kind, text: inner } = next();
    if (kind === 'empty') return name === 'true';
    if (name === 'array') return list();
    if (name === 'dict') return dictionary();
    if (next().kind !== 'close') throw new Error(`${name} holds something`);
    return name === 'integer' ? Number(inner) : inner;
  };
  const list = (): Value[] => {
    const found: Value[] = [];
    while (tokens[at]?.kind !== 'close') found.push(value());
    next();
    return found;
  };
  const dictionary = (): Value => {
    const found: [string, Value][] = [];
    while (tokens[at]?.kind !== 'close') found.push([String(value()), value()]);
    next();
    return Object.fromEntries(found);
  };
  return value();
}
