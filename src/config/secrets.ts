import { isSecretName } from '../secrets/names.ts';
import { passwordIn, shortestSecret } from '../secrets/shapes.ts';
import { settings } from './settings.ts';

/** A variable that merely looks like a secret by its name must be longer to count: `X_TOKEN=production` is not one. */
const shortestGuessedSecret = 12;

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
    const password = passwordIn(text);
    if (password !== undefined) found.add(password);
  }
  return [...found];
}
