import { settings } from './settings.ts';

/** Shorter values are too common in ordinary text to be taken out of it. */
const shortestSecret = 6;

/** A variable that merely looks like a secret by its name must be longer to count: `X_TOKEN=production` is not one. */
const shortestGuessedSecret = 12;

const replacement = '[secret]';

const secretName =
  /^(?:.*[_-])?(?:api[_-]?key|access[_-]?key|private[_-]?key|(?:auth|access|refresh|session|oauth)?token|secret|password|passwd|passphrase|credentials?|webhook[_-]?url)$|^(?:proxy-)?authorization$|^(?:set-)?cookie$/i;
const secretCamelName = /(?:[aA]piKey|AccessKey|PrivateKey|Token|Secret|Password|Passphrase)$/;

/** Whether a variable, header or field of this name holds something that must not be seen. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) || secretCamelName.test(name);
}

/**
 * The literal texts that must never leave, from all variables that the agent knows: declared secrets, variables that
 * are named like one, and passwords inside addresses (`http://user:password@proxy`).
 */
export function secretValues(variables: Readonly<Record<string, string | undefined>>): string[] {
  const found = new Set<string>();
  for (const [name, value = ''] of Object.entries(variables)) {
    const text = value.trim();
    const setting = Object.hasOwn(settings, name) ? settings[name as keyof typeof settings] : undefined;
    const declared = setting !== undefined && 'secret' in setting;
    const guessed = isSecretName(name) && text.length >= shortestGuessedSecret && !text.startsWith('/');
    if (guessed || (declared && text.length >= shortestSecret)) found.add(text);
    const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:([^\s/@]+)@/i.exec(text)?.[1];
    if (password !== undefined && password.length >= shortestSecret) found.add(password);
  }
  return [...found];
}

/** Takes these texts out of any other text, also where they are escaped as in JSON or in an address. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const shapes = secrets
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), asUriComponent(secret)]);
  if (shapes.length === 0) return (text) => text;
  // The longest first: one secret may be the beginning of another.
  const longestFirst = [...new Set(shapes)].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    longestFirst.map((shape) => shape.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
    'g',
  );
  return (text) => text.replace(pattern, replacement);
}

function asUriComponent(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text; // half of a surrogate pair: such a text cannot stand in an address
  }
}
