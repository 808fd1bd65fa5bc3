import { connect as connectPlain } from 'node:net';
import { connect as connectSafely } from 'node:tls';
import { codeOf, messageOf } from '../errors.ts';
import { noRepository, repositoryFor } from './github.ts';
import { GitHubApi, type GitHubOptions, type RepositoryFacts } from './github-api.ts';
import { githubFailure, githubRemedy } from './github-failure.ts';

/** What can be known of a channel without telling anybody anything. */
export interface ChannelExamination {
  readonly state: 'ok' | 'warning' | 'failed';
  /** In words, also what was looked at. */
  readonly detail: string;
  readonly remedy?: string;
  /** The service's own time, from its answer. */
  readonly date?: string;
}

export interface GitHubExamination extends GitHubOptions {
  readonly repository: string | undefined;
  readonly origin: () => Promise<string | undefined>;
}

/** Reads the repository's description with the token: one request, which changes nothing. */
export async function examineGithub(options: GitHubExamination, signal: AbortSignal): Promise<ChannelExamination> {
  try {
    const at = await repositoryFor(options);
    if (at === undefined) return { state: 'failed', detail: 'no repository is known', remedy: `${noRepository}.` };
    const facts = await new GitHubApi(options).repository(at, signal);
    const date = facts.date === undefined ? {} : { date: facts.date };
    return { ...judge(`${at.owner}/${at.name}`, facts), ...date };
  } catch (error) {
    const failure = githubFailure(error, options.wire.clock.now());
    if (failure.kind === 'sent') throw error;
    if (failure.kind === 'later' && failure.retryInMs !== undefined) {
      return { state: 'warning', detail: failure.reason, remedy: 'A limit of GitHub: it opens by itself.' };
    }
    const remedy = githubRemedy(error);
    const otherwise = 'Check the network and GITHUB_API_URL. What is to be told waits until GitHub answers.';
    return {
      state: 'failed',
      detail: failure.reason.replace(`. ${remedy}`, ''),
      remedy: remedy === undefined ? otherwise : `${remedy}.`,
    };
  }
}

function judge(
  name: string,
  { hasIssues, isArchived, isPrivate, scopes, mayPush }: RepositoryFacts,
): ChannelExamination {
  if (isArchived) {
    return {
      state: 'failed',
      detail: `${name} is archived: it takes no issues`,
      remedy: 'Set GITHUB_REPO to another.',
    };
  }
  if (!hasIssues) {
    return {
      state: 'failed',
      detail: `${name} has its issues switched off`,
      remedy: 'Switch them on in its settings on GitHub, or set GITHUB_REPO to another repository.',
    };
  }
  const needed = isPrivate ? ['repo'] : ['repo', 'public_repo'];
  if (scopes !== undefined && !scopes.some((scope) => needed.includes(scope))) {
    return {
      state: 'failed',
      detail: `the token may see ${name} and may not write issues: it lacks the scope ${needed.at(-1)}`,
      remedy: `Give GITHUB_TOKEN the scope ${needed.at(-1)}, or make a fine-grained one with "Issues: read and write".`,
    };
  }
  const writing =
    scopes === undefined
      ? 'whether it may write them shows only when one is written: a fine-grained token needs "Issues: read and write"'
      : `its scope lets it write them`;
  const labels = mayPush ? '' : '; it may set no labels there';
  return { state: 'ok', detail: `the token is good for ${name}, which takes issues; ${writing}${labels}` };
}

/** Only connects to the host: whatever were sent to the address itself could be taken for a message. */
export async function examineWebhook(
  address: string,
  service: 'Slack' | 'The e-mail webhook',
  signal: AbortSignal,
): Promise<ChannelExamination> {
  const { hostname, port, protocol, pathname } = new URL(address);
  const isSafe = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  try {
    await reach({ host, port: Number(port || (isSafe ? 443 : 80)), isSafe, signal });
  } catch (error) {
    return {
      state: 'failed',
      detail: `${host} does not answer (${codeOf(error) ?? messageOf(error)})`,
      remedy: `Check the host in ${service === 'Slack' ? 'SLACK_WEBHOOK_URL' : 'EMAIL_WEBHOOK_URL'}, and the network.`,
    };
  }
  if (service === 'Slack' && isSafe && (host !== 'hooks.slack.com' || !pathname.startsWith('/services/'))) {
    return {
      state: 'warning',
      detail: `${host} answers, but the address is not like one of Slack`,
      remedy: 'An incoming webhook of Slack begins with https://hooks.slack.com/services/.',
    };
  }
  const certificate = isSafe ? ' with a good certificate' : '';
  return {
    state: 'ok',
    detail: `${host} answers${certificate}; nothing was sent, so the address itself was not tried`,
  };
}

interface Reach {
  readonly host: string;
  readonly port: number;
  readonly isSafe: boolean;
  readonly signal: AbortSignal;
}

function reach({ host, port, isSafe, signal }: Reach): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = isSafe
      ? connectSafely({ host, port, servername: host }, () => settle())
      : connectPlain({ host, port }, () => settle());
    const settle = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = (): void => settle(new Error('no answer in time'));
    socket.on('error', settle);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
