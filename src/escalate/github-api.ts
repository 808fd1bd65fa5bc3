import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { Repository } from './repository.ts';
import { type Wire, withDeadline } from './wire.ts';

const issueSchema = z.object({
  number: z.int().positive(),
  html_url: z.string(),
  state: z.enum(['open', 'closed']),
  body: z.string().nullish(),
  /** Only pull requests have it. */
  pull_request: z.unknown().optional(),
});
export type Issue = z.infer<typeof issueSchema>;

const commentSchema = z.object({ body: z.string().nullish() });

const repositorySchema = z.object({
  has_issues: z.boolean(),
  archived: z.boolean().default(false),
  private: z.boolean().default(false),
  permissions: z.object({ push: z.boolean().default(false) }).optional(),
});

/** What a repository and a token are to each other. */
export interface RepositoryFacts {
  readonly hasIssues: boolean;
  readonly isArchived: boolean;
  readonly isPrivate: boolean;
  readonly mayPush: boolean;
  /** Of a classic token; undefined for other kinds, which do not tell. */
  readonly scopes: readonly string[] | undefined;
  /** The header `Date` of the answer. */
  readonly date: string | undefined;
}

const maxPages = 100;
const newestPages = 3;

/** GitHub allows about one write a second, and of those that notify people one in three (its best practices). */
const paceMs = { write: 1_100, notifying: 3_100 };

/** The answer was cut off or is none of GitHub's; the request may have done its work. */
export class UnreadableAnswerError extends Error {
  override readonly name = 'UnreadableAnswerError';
}

export interface GitHubOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly wire: Wire;
  /** False only where time is played: the throttling plugin waits by the real clock. */
  readonly throttled: boolean;
}

type Parameters = Readonly<Record<string, unknown>>;

/** The few calls of GitHub that are needed, one at a time. They reject with octokit's `RequestError`. */
export class GitHubApi {
  readonly #options: GitHubOptions;
  #octokit: Promise<Octokit> | undefined;
  #mayWriteAt = 0;

  constructor(options: GitHubOptions) {
    this.#options = options;
  }

  async repository(at: Repository, signal: AbortSignal): Promise<RepositoryFacts> {
    const { data, headers } = await this.#ask('GET /repos/{owner}/{repo}', at, {}, signal);
    const found = read(repositorySchema, data);
    const scopes = headers['x-oauth-scopes'];
    return {
      hasIssues: found.has_issues,
      isArchived: found.archived,
      isPrivate: found.private,
      mayPush: found.permissions?.push ?? false,
      scopes: scopes === undefined ? undefined : String(scopes).split(/,\s*/),
      date: headers.date,
    };
  }

  /** All issues with the label, open and closed, in the order of their numbers; pull requests left out. */
  async labelled(at: Repository, label: string, signal: AbortSignal): Promise<readonly Issue[]> {
    const query = { labels: label, state: 'all', sort: 'created', direction: 'asc' };
    const found = await this.#list('GET /repos/{owner}/{repo}/issues', at, query, issueSchema, signal);
    return found.filter(({ pull_request }) => pull_request === undefined).sort((a, b) => a.number - b.number);
  }

  /** The newest issues, whatever their labels: GitHub drops labels without a word where the token may not set them. */
  async newest(at: Repository, signal: AbortSignal): Promise<readonly Issue[]> {
    const query = { state: 'all', sort: 'created', direction: 'desc' };
    const found = await this.#list('GET /repos/{owner}/{repo}/issues', at, query, issueSchema, signal, newestPages);
    return found.filter(({ pull_request }) => pull_request === undefined).sort((a, b) => a.number - b.number);
  }

  /** Undefined where it was deleted. */
  async issue(at: Repository, number: number, signal: AbortSignal): Promise<Issue | undefined> {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}';
    try {
      return read(issueSchema, (await this.#ask(route, at, { issue_number: number }, signal)).data);
    } catch (error) {
      const status = error instanceof Error && 'status' in error ? error.status : undefined;
      if (status === 404 || status === 410) return undefined;
      throw error;
    }
  }

  async comments(at: Repository, number: number, signal: AbortSignal): Promise<readonly string[]> {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments';
    const found = await this.#list(route, at, { issue_number: number }, commentSchema, signal);
    return found.map(({ body }) => body ?? '');
  }

  async create(at: Repository, issue: Parameters, signal: AbortSignal): Promise<Issue> {
    await this.#pause(paceMs.notifying, signal);
    return read(issueSchema, (await this.#ask('POST /repos/{owner}/{repo}/issues', at, issue, signal)).data);
  }

  async comment(at: Repository, number: number, body: string, signal: AbortSignal): Promise<void> {
    await this.#pause(paceMs.notifying, signal);
    const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments';
    await this.#ask(route, at, { issue_number: number, body }, signal);
  }

  async change(at: Repository, number: number, change: Parameters, signal: AbortSignal): Promise<void> {
    await this.#pause(paceMs.write, signal);
    const route = 'PATCH /repos/{owner}/{repo}/issues/{issue_number}';
    await this.#ask(route, at, { issue_number: number, ...change }, signal);
  }

  /** Not octokit's own paging: that takes an answer that was cut off for an empty list, and we would make a second issue. */
  async #list<T>(
    route: string,
    at: Repository,
    query: Parameters,
    schema: z.ZodType<T>,
    signal: AbortSignal,
    pages = maxPages,
  ): Promise<T[]> {
    const all: T[] = [];
    for (let page = 1; page <= pages; page++) {
      const { data, headers } = await this.#ask(route, at, { ...query, per_page: 100, page }, signal);
      all.push(...read(z.array(schema), data));
      if (!/rel="next"/.test(String(headers.link ?? ''))) break;
    }
    return all;
  }

  async #ask(route: string, { owner, name }: Repository, parameters: Parameters, signal: AbortSignal) {
    this.#octokit ??= this.#load();
    const octokit = await this.#octokit;
    return withDeadline(this.#options.wire.clock, signal, (limited) =>
      octokit.request(route, { owner, repo: name, ...parameters, request: { signal: limited } }),
    );
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.wire;
    const waitMs = this.#mayWriteAt - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    this.#mayWriteAt = clock.monotonic() + ms;
  }

  /** Loaded when there is something to say for the first time: an idle agent does without its megabytes. */
  async #load(): Promise<Octokit> {
    const [{ Octokit: Rest }, { throttling }] = await Promise.all([
      import('@octokit/rest'),
      import('@octokit/plugin-throttling'),
    ]);
    const { token, apiUrl, wire, throttled } = this.#options;
    const quiet = () => undefined;
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    // Neither is tried again in here: the outbox waits as long as the headers say, over a restart too.
    const giveUp = () => false;
    const Throttled = Rest.plugin(throttling);
    return new Throttled({
      auth: token,
      baseUrl: apiUrl.replace(/\/+$/, ''),
      userAgent: 'mendwatch',
      log,
      request: { fetch: wire.fetch, log },
      throttle: { enabled: throttled, onRateLimit: giveUp, onSecondaryRateLimit: giveUp },
    });
  }
}

function read<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new UnreadableAnswerError('its answer was cut off or is not one of GitHub');
  return parsed.data;
}
