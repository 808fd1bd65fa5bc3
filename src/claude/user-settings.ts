import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What the person's own settings say about how to reach and pay the service. */
export interface LoginSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

const UserSettings = z.object({
  env: z.record(z.string(), z.string()).optional().catch(undefined),
  apiKeyHelper: z.string().optional().catch(undefined),
  awsAuthRefresh: z.string().optional().catch(undefined),
  awsCredentialExport: z.string().optional().catch(undefined),
  gcpAuthRefresh: z.string().optional().catch(undefined),
  forceLoginMethod: z.string().optional().catch(undefined),
  forceLoginOrgUUID: z.string().optional().catch(undefined),
});

/**
 * Reads the login part of `~/.claude/settings.json` (https://docs.claude.com/en/docs/claude-code/settings): the file as
 * a whole is not loaded, and without this part many could not log in. No file, or one that cannot be read: empty.
 */
export function loginSettings(env: Readonly<Record<string, string>>): LoginSettings {
  const folder = env.CLAUDE_CONFIG_DIR ?? (env.HOME === undefined ? undefined : join(env.HOME, '.claude'));
  if (folder === undefined) return { env: {}, settings: {} };
  try {
    const text = readFileSync(join(folder, 'settings.json'), 'utf8');
    const { env: own, ...rest } = UserSettings.parse(JSON.parse(text));
    const settings = Object.entries(rest).filter(([, value]) => value !== undefined);
    return { env: own ?? {}, settings: Object.fromEntries(settings) };
  } catch {
    return { env: {}, settings: {} };
  }
}
