import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { ContractRow } from '../../claude/contract/replay.ts';
import { replayContract } from '../../claude/contract/replay.ts';
import { contract } from '../../claude/contract/table.ts';
import { askOnce } from '../../claude/one-shot.ts';
import type { ClaudeOutcome } from '../../claude/types.ts';
import { loginSettings } from '../../claude/user-settings.ts';
import { claudeEnvironment } from '../../config/environment.ts';
import { codeOf, messageOf } from '../../errors.ts';
import { checkWalls, findClaude } from '../find-claude.ts';
import { type Check, type Finding, failed, failure, ok, skipped, warning } from './check.ts';
import type { Given, Surroundings } from './given.ts';
import { some } from './words.ts';

const limits = { findMs: 45_000, serviceMs: 8_000, liveMs: 60_000, contractMs: 300_000, liveUsd: 0.05 };
const login = 'Log in once with `claude`, or set ANTHROPIC_API_KEY.';

export function claudeCheck({ launch, effective }: Surroundings, isUsed: boolean): Check {
  return {
    name: 'claude',
    limitMs: limits.findMs,
    look: async () => {
      try {
        const { version, command } = await findClaude(effective.claude, launch);
        return ok(`${version} (${command})`);
      } catch (error) {
        const finding = failed(error);
        return isUsed ? finding : skipped(`not needed while AUTO_FIX_ENABLED=false (${finding.detail})`);
      }
    },
  };
}

/** Looks for what Claude would log in with. Whether it is still good only a paid call tells. */
export function loginCheck({ launch, effective }: Surroundings, live: boolean): Check {
  return {
    name: 'login',
    limitMs: limits.findMs + limits.liveMs,
    look: async (signal) => {
      const env = claudeEnvironment(launch, effective.claude);
      if (live) return tryIt(effective.claude, launch, signal);
      const found = await loginOf(env);
      if (found !== undefined)
        return ok(`${found}; not tried, since that costs: \`doctor --live\` makes one small call`);
      if (process.platform !== 'darwin') return failure('no key and no login was found', login);
      return warning('no key was found; a login may be in the keychain', `\`doctor --live\` tries it. ${login}`);
    },
  };
}

const credentialsSchema = z.object({
  claudeAiOauth: z.object({ refreshToken: z.string().nullish(), expiresAt: z.number().nullish() }).optional(),
});

/** In the order in which Claude Code itself takes them. */
async function loginOf(given: Readonly<Record<string, string>>): Promise<string | undefined> {
  const { env: own, settings } = loginSettings(given);
  const env: Readonly<Record<string, string | undefined>> = { ...own, ...given };
  const cloud = Object.entries(clouds).find(([name]) => isSet(env[name]));
  if (cloud !== undefined) return `by ${cloud[1]}`;
  const variable = ['ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN'].find((name) =>
    isSet(env[name]),
  );
  if (variable !== undefined) return `${variable} is set`;
  if (settings.apiKeyHelper !== undefined) return 'by the apiKeyHelper of your Claude settings';
  const folder = env.CLAUDE_CONFIG_DIR ?? join(env.HOME ?? '', '.claude');
  const file = join(folder, '.credentials.json');
  try {
    const { claudeAiOauth: kept } = credentialsSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    if (kept === undefined) return undefined;
    const isOver = (kept.expiresAt ?? Number.POSITIVE_INFINITY) < Date.now();
    return isOver && !kept.refreshToken ? undefined : 'you are logged in';
  } catch {
    return undefined;
  }
}

const clouds = {
  CLAUDE_CODE_USE_BEDROCK: 'Amazon Bedrock',
  CLAUDE_CODE_USE_VERTEX: 'Google Vertex AI',
  CLAUDE_CODE_USE_FOUNDRY: 'Microsoft Foundry',
};

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

async function tryIt(
  claude: Surroundings['effective']['claude'],
  launch: Surroundings['launch'],
  signal: AbortSignal,
): Promise<Finding> {
  const { command } = await findClaude(claude, launch);
  const model = claude.claudeModel === undefined ? {} : { model: claude.claudeModel };
  const spec = { command, cwd: tmpdir(), env: claudeEnvironment(launch, claude), tools: [], ...model };
  const small = { ...spec, maxTurns: 1, maxBudgetUsd: limits.liveUsd, systemPrompt: 'Answer with the one word OK.' };
  const { outcome, usage, durationMs } = await askOnce(small, 'Are you there?', { timeoutMs: limits.liveMs, signal });
  const cost = `$${usage.costUsd.toFixed(4)}`;
  if (outcome.kind === 'done') return ok(`Claude answered in ${(durationMs / 1_000).toFixed(1)} s, for ${cost}`);
  return failure(`Claude did not answer: ${outcome.kind}${detailOf(outcome)}`, liveRemedies[outcome.kind] ?? login);
}

function detailOf(outcome: Exclude<ClaudeOutcome, { kind: 'done' }>): string {
  return outcome.detail === '' ? '' : ` (${outcome.detail})`;
}

const liveRemedies: Partial<Record<ClaudeOutcome['kind'], string>> = {
  'not-logged-in': login,
  'no-credit': 'Add credit, or log in with another account.',
  'rate-limited': 'The limit opens by itself; work that needs Claude waits for it.',
  overloaded: 'Try again later; work that needs Claude waits.',
  unreachable: 'Check the network, ANTHROPIC_BASE_URL and proxies.',
  'unknown-model': 'Set CLAUDE_MODEL to a model that exists, or leave it out.',
};

/** Whether the service can be reached: a request without key and content, which costs nothing. */
export function serviceCheck({ launch, effective, times }: Surroundings): Check {
  return {
    name: 'service',
    look: async (signal) => {
      const time = times.expect("Claude's service");
      try {
        const given = claudeEnvironment(launch, effective.claude);
        const env: Readonly<Record<string, string | undefined>> = { ...loginSettings(given).env, ...given };
        if (Object.keys(clouds).some((name) => isSet(env[name])))
          return skipped('the cloud that is set up was not asked');
        if (Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name) && isSet(env[name]))) {
          return skipped('Claude goes through a proxy: only `doctor --live` tries that');
        }
        const address = env.ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com';
        if (!URL.canParse(address)) return failure('ANTHROPIC_BASE_URL is no address', 'Correct it, or leave it out.');
        return await knock(new URL(address), time.heard, signal);
      } finally {
        time.heard(undefined);
      }
    },
  };
}

async function knock(url: URL, heard: (date: string | undefined) => void, signal: AbortSignal): Promise<Finding> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.serviceMs)]);
  try {
    const { headers, body } = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: limited });
    await body?.cancel();
    heard(headers.get('date') ?? undefined);
    return ok(`${url.host} answers`);
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return failure(
      `${url.host} does not answer (${codeOf(cause) ?? messageOf(cause)})`,
      'Check the network. Without it nothing is fixed; changes wait.',
    );
  }
}

/** Only where the fixer is to have a shell. */
export function wallsCheck({ config, launch }: Given): Check {
  return {
    name: 'walls',
    look: async () => {
      if (!config.claudeTools.includes('Bash')) return skipped('the fixer has no shell');
      await checkWalls(claudeEnvironment(launch, config), 'CLAUDE_TOOLS');
      return ok('the shell of the fixer can be walled in');
    },
  };
}

/** Plays all that is relied on against the installed command and a scripted service on this machine. */
export function contractCheck({ launch, effective }: Surroundings, onRow: (row: ContractRow) => void): Check {
  return {
    name: 'contract',
    limitMs: limits.contractMs,
    look: async (signal) => {
      const { command, version } = await findClaude(effective.claude, launch);
      const rows = await replayContract({ command, env: claudeEnvironment(launch, effective.claude), signal, onRow });
      const others = rows.filter((row) => !row.ok);
      const missing = contract.length - rows.length;
      if (missing > 0)
        return failure(`${missing} of ${contract.length} rows were not played`, 'Run it again, to its end.');
      if (others.length === 0) return ok(`Claude Code ${version} behaves as expected in all ${rows.length} rows`);
      return failure(
        `Claude Code ${version} behaves otherwise in ${others.length} of ${rows.length} rows: ${some(others.map(({ name }) => name))}`,
        'Use a version of Claude Code that is known to work (2.1.330), by CLAUDE_COMMAND, or a newer Mendwatch.',
      );
    },
  };
}
