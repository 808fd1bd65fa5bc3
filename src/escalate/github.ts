import type { Channel, Delivery, Message, Sent } from './channel.ts';
import { GitHubApi, type GitHubOptions, type Issue } from './github-api.ts';
import { githubFailure, isTooLong } from './github-failure.ts';
import { issueTitle, reportMarkdown } from './markdown.ts';
import { type Repository, repositoryOf, splitRepository } from './repository.ts';

const label = 'mendwatch';
const labels = [label, 'broken-test'];

/** GitHub takes 65,536 characters. The second is for a service that takes less. */
const bodyLimits = [60_000, 15_000] as const;
/** For the markers and what stands before the report. */
const reserved = 1_000;

export interface GitHubChannelOptions extends GitHubOptions {
  /** `owner/name` as it was set. */
  readonly repository: string | undefined;
  /** The project's origin. */
  readonly origin: () => Promise<string | undefined>;
}

/**
 * One open issue for each fingerprint. Nothing is made before it was looked at what is there, by label and hidden marker (the
 * search of GitHub lags by minutes), so that a create whose answer was lost is found and not repeated. Should two
 * have come to be all the same, the lowest number stays, whoever looks.
 */
export function githubChannel(options: GitHubChannelOptions): Channel {
  const api = new GitHubApi(options);
  let found: Promise<Repository | undefined> | undefined;
  return {
    name: 'github',
    paceMs: 0,
    async deliver(message, signal): Promise<Delivery> {
      try {
        // What could not be found out is asked anew with the next message.
        found ??= repositoryFor(options).catch((error: unknown) => {
          found = undefined;
          throw error;
        });
        const at = await found;
        if (at === undefined) return { kind: 'closed', reason: noRepository };
        return { kind: 'sent', ...(await new Telling(api, at, message, signal).tell()) };
      } catch (error) {
        return githubFailure(error, options.wire.clock.now());
      }
    },
  };
}

export const noRepository =
  'GITHUB_TOKEN is set, but the project has no origin that belongs to GITHUB_API_URL. Set GITHUB_REPO to owner/name';

export async function repositoryFor({
  repository,
  origin,
  apiUrl,
}: Pick<GitHubChannelOptions, 'repository' | 'origin' | 'apiUrl'>): Promise<Repository | undefined> {
  if (repository !== undefined) return splitRepository(repository);
  const address = await origin();
  return address === undefined ? undefined : repositoryOf(address, apiUrl);
}

const fingerprintMarker = (fingerprint: string): string => `<!-- mendwatch:fingerprint=${fingerprint} -->`;
const keyMarker = (key: string): string => `<!-- mendwatch:key=${key} -->`;
const duplicateMarker = '<!-- mendwatch:duplicate -->';

/** Only where we have put it: a report may quote such a line. */
function startsWith(body: string | null | undefined, marker: string): boolean {
  return (body ?? '').trimStart().startsWith(marker);
}

type Told = Omit<Sent, 'kind'>;

/** One message on its way into the issues of a repository. Each step may be the last; the next try begins anew. */
class Telling {
  readonly #api: GitHubApi;
  readonly #at: Repository;
  readonly #message: Message;
  readonly #signal: AbortSignal;

  constructor(api: GitHubApi, at: Repository, message: Message, signal: AbortSignal) {
    this.#api = api;
    this.#at = at;
    this.#message = message;
    this.#signal = signal;
  }

  async tell(): Promise<Told> {
    const issues = await this.#find();
    const issue = issues.find(({ state }) => state === 'open') ?? issues[0];
    if (issue === undefined) return this.#isNews() ? { ...told(await this.#create()), isNew: true } : {};
    for (const other of issues) if (other !== issue && other.state === 'open') await this.#closeDuplicate(other, issue);
    if (this.#isNews()) await this.#tellAgain(issue);
    if (this.#isOver() && issue.state === 'open') await this.#close(issue);
    return told(issue);
  }

  #isNews(): boolean {
    return this.#message.event === 'opened' || this.#message.event === 'recurred';
  }

  /** An issue that came to be late may be found by a check when the other is closed already. */
  #isOver(): boolean {
    const { event, isMended } = this.#message;
    return event === 'resolved' || (event === 'check' && isMended);
  }

  /** The issues of this fingerprint, the lowest number first. */
  async #find(): Promise<readonly Issue[]> {
    const marker = fingerprintMarker(this.#message.fingerprint);
    const isOurs = ({ body }: Issue): boolean => startsWith(body, marker);
    const labelled = (await this.#api.labelled(this.#at, label, this.#signal)).filter(isOurs);
    const { issueNumber, event } = this.#message;
    // Without the right to set labels ours have none.
    const isInDoubt = labelled.length === 0 || event === 'check';
    const newest = isInDoubt ? (await this.#api.newest(this.#at, this.#signal)).filter(isOurs) : [];
    const found = [...new Map([...labelled, ...newest].map((issue) => [issue.number, issue])).values()];
    found.sort((a, b) => a.number - b.number);
    if (issueNumber === undefined || found.some(({ number }) => number === issueNumber)) return found;
    // Somebody may have taken its label away.
    const known = await this.#api.issue(this.#at, issueNumber, this.#signal);
    return known === undefined || !isOurs(known) ? found : [...found, known].sort((a, b) => a.number - b.number);
  }

  async #create(): Promise<Issue> {
    const { report, taskId, key, fingerprint } = this.#message;
    const title = report === undefined ? `Tests of task ${taskId} are red` : issueTitle(report);
    const head = `${fingerprintMarker(fingerprint)}\n${keyMarker(key)}\n\n`;
    return this.#shortenedOnce((limit) =>
      this.#api.create(this.#at, { title, labels, body: head + this.#details(limit) }, this.#signal),
    );
  }

  async #tellAgain(issue: Issue): Promise<void> {
    // An earlier try of this message has made it.
    if ((issue.body ?? '').slice(0, reserved).includes(keyMarker(this.#message.key))) return;
    if (issue.state === 'closed') await this.#api.change(this.#at, issue.number, { state: 'open' }, this.#signal);
    await this.#commentOnce(issue, (limit) => `These tests are red again.\n\n${this.#details(limit)}`);
  }

  async #close(issue: Issue): Promise<void> {
    await this.#commentOnce(issue, () => 'The tests are not red any more. Closed by Mendwatch.\n');
    const change = { state: 'closed', state_reason: 'completed' };
    await this.#api.change(this.#at, issue.number, change, this.#signal);
  }

  async #closeDuplicate(other: Issue, issue: Issue): Promise<void> {
    const comments = await this.#api.comments(this.#at, other.number, this.#signal);
    if (!comments.some((body) => startsWith(body, duplicateMarker))) {
      const note = `${duplicateMarker}\n\nA duplicate of #${issue.number}, made in the same moment or when an answer was lost. Closed by Mendwatch.\n`;
      await this.#api.comment(this.#at, other.number, note, this.#signal);
    }
    const change = { state: 'closed', state_reason: 'not_planned' };
    await this.#api.change(this.#at, other.number, change, this.#signal);
  }

  async #commentOnce(issue: Issue, text: (limit: number) => string): Promise<void> {
    const marker = keyMarker(this.#message.key);
    if (this.#message.isRetry) {
      const comments = await this.#api.comments(this.#at, issue.number, this.#signal);
      if (comments.some((body) => startsWith(body, marker))) return;
    }
    await this.#shortenedOnce((limit) =>
      this.#api.comment(this.#at, issue.number, `${marker}\n\n${text(limit)}`, this.#signal),
    );
  }

  #details(limit: number): string {
    const { report, taskId } = this.#message;
    if (report !== undefined) return reportMarkdown(report, limit - reserved);
    return `The report is gone; \`mendwatch show ${taskId}\` may know more.\n`;
  }

  async #shortenedOnce<T>(send: (limit: number) => Promise<T>): Promise<T> {
    const [full, short] = bodyLimits;
    try {
      return await send(full);
    } catch (error) {
      if (!isTooLong(error)) throw error;
      return send(short);
    }
  }
}

function told({ number, html_url }: Issue): Told {
  return { issue: { number, url: html_url.slice(0, 500) } };
}
