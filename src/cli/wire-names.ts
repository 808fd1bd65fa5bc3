/** The same value with names as the state file and the wire have them: `executionId` becomes `execution_id`. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCase(inner ?? null),
    ]),
  );
}

/** JSON in which nothing can reach a terminal but text: models and projects may say what they want. */
export function safeJson(value: unknown, indent?: number): string {
  return safeText(JSON.stringify(value, null, indent));
}

/** The same for JSON that is text already. */
export function safeText(json: string): string {
  return json.replace(/[\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
