import { secretValues } from '../config/secrets.ts';
import { createScrubber } from '../secrets/scrubber.ts';

/** Takes out of a text what is secret in the environment of the launch. */
export function scrubLaunch(env: Readonly<Record<string, string>>): (text: string) => string {
  return createScrubber(secretValues(env)).scrub;
}
