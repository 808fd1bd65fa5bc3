/** The environment that this process was launched with. The only place that reads it: everyone else is given it. */
export function launchEnvironment(): Record<string, string> {
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
