import { type Answered, type Behaviour, type Received, type RunningServer, startServer } from './webhook-server.ts';

export interface StoredIssue {
  readonly number: number;
  title: string;
  body: string;
  labels: string[];
  state: 'open' | 'closed';
  stateReason: string | null;
  readonly comments: string[];
}

/** GitHub's issues, as far as they are needed, with its real status codes, headers and pages; its faults are scripted. */
export class GitHubServer {
  readonly issues: StoredIssue[] = [];
  readonly requests: Received[] = [];
  /** For the next requests, one after the other; then everything works. */
  readonly next: Behaviour[] = [];
  always: ((request: Received) => Behaviour | undefined) | undefined;
  /** Done with a write before it is answered, or instead of it. */
  onCommit: ((request: Received) => void) | undefined;
  /** Items in a page, at most what GitHub gives. */
  perPage = 100;
  token = 'a-token-of-the-test';
  repository = 'me/shop';
  /** Of a body; GitHub Enterprise may be set to less. */
  maxBody = 65_536;
  /** GitHub takes an issue from anybody, and drops its labels without a word where the token may not set them. */
  mayLabel = true;
  hasIssues = true;
  archived = false;
  /** Of a classic token, as the header has them. */
  scopes: string | undefined;
  /** Creates that come to be only when the test says so: the caller is told nothing. */
  readonly late: { readonly commit: () => void; sinceMs?: number }[] = [];
  lateCreates = 0;
  #running: RunningServer | undefined;

  async start(): Promise<this> {
    this.#running = await startServer(
      (request) => {
        this.requests.push(request);
        return this.always?.(request) ?? this.next.shift() ?? { kind: 'work' };
      },
      (request) => this.#work(request),
    );
    return this;
  }

  get url(): string {
    return this.#running?.url ?? '';
  }

  get keptWaiting(): number {
    return this.#running?.kept.size ?? 0;
  }

  async close(): Promise<void> {
    await this.#running?.close();
  }

  open(fingerprint: string): readonly StoredIssue[] {
    return this.of(fingerprint).filter(({ state }) => state === 'open');
  }

  of(fingerprint: string): readonly StoredIssue[] {
    return this.issues.filter(({ body }) => body.includes(`fingerprint=${fingerprint} `));
  }

  add(issue: Partial<StoredIssue>): StoredIssue {
    const made: StoredIssue = {
      number: this.issues.length + 1,
      title: 'An issue',
      body: '',
      labels: [],
      state: 'open',
      stateReason: null,
      comments: [],
      ...issue,
    };
    this.issues.push(made);
    return made;
  }

  #work(request: Received): Answered {
    if (request.headers.authorization !== `token ${this.token}`) return fault(401, 'Bad credentials');
    const url = new URL(request.path, 'http://github');
    if (url.pathname === `/repos/${this.repository}`) return this.#describe();
    const root = `/repos/${this.repository}/issues`;
    if (!url.pathname.startsWith(root)) return fault(404, 'Not Found');
    const [number, sub] = url.pathname.slice(root.length).split('/').slice(1);
    const input = request.body === '' ? {} : (JSON.parse(request.body) as Record<string, unknown>);
    if (String(input.body ?? '').length > this.maxBody) {
      return fault(422, 'Validation Failed', [
        { resource: 'Issue', field: 'body', code: 'custom', message: 'body is too long' },
      ]);
    }
    if (request.method !== 'GET') this.onCommit?.(request);
    if (number === undefined) return request.method === 'GET' ? this.#list(url) : this.#create(input);
    const issue = this.issues.find((each) => each.number === Number(number));
    if (issue === undefined) return fault(404, 'Not Found');
    if (sub === 'comments') return this.#comments(request, url, issue, input);
    if (request.method === 'PATCH') Object.assign(issue, changeOf(input));
    return { status: 200, body: this.#shown(issue) };
  }

  #describe(): Answered {
    const { hasIssues, archived, scopes } = this;
    const body = { has_issues: hasIssues, archived, private: true, permissions: { push: this.mayLabel } };
    return { status: 200, body, ...(scopes === undefined ? {} : { headers: { 'x-oauth-scopes': scopes } }) };
  }

  #create({ title, body, labels }: Record<string, unknown>): Answered {
    const given = this.mayLabel ? ((labels as string[] | undefined) ?? []) : [];
    const make = (): StoredIssue => this.add({ title: String(title), body: String(body), labels: given });
    if (this.lateCreates > 0) {
      this.lateCreates--;
      this.late.push({ commit: make });
      return fault(502, 'Server Error');
    }
    return { status: 201, body: this.#shown(make()) };
  }

  #comments(request: Received, url: URL, issue: StoredIssue, { body }: Record<string, unknown>): Answered {
    if (request.method === 'GET')
      return this.#page(
        url,
        issue.comments.map((text) => ({ body: text })),
      );
    issue.comments.push(String(body));
    return { status: 201, body: { id: issue.comments.length, body } };
  }

  #list(url: URL): Answered {
    const wanted = (url.searchParams.get('labels') ?? '').split(',').filter((label) => label !== '');
    const state = url.searchParams.get('state') ?? 'open';
    const found = this.issues.filter(
      (issue) => (state === 'all' || issue.state === state) && wanted.every((label) => issue.labels.includes(label)),
    );
    if (url.searchParams.get('direction') !== 'asc') found.reverse();
    return this.#page(
      url,
      found.map((issue) => this.#shown(issue)),
    );
  }

  #page(url: URL, items: readonly object[]): Answered {
    const page = Number(url.searchParams.get('page') ?? 1);
    const size = Math.min(this.perPage, Number(url.searchParams.get('per_page') ?? 30));
    const next = new URL(url);
    next.searchParams.set('page', String(page + 1));
    const isMore = items.length > page * size;
    const link = isMore ? { link: `<${this.url}${next.pathname}${next.search}>; rel="next"` } : undefined;
    return {
      status: 200,
      body: items.slice((page - 1) * size, page * size),
      ...(link === undefined ? {} : { headers: link }),
    };
  }

  #shown({ number, title, body, labels, state }: StoredIssue): object {
    const html_url = `${this.url}/${this.repository}/issues/${number}`;
    return { number, title, body, state, html_url, labels: labels.map((name) => ({ name })) };
  }
}

function changeOf({ state, state_reason }: Record<string, unknown>): Partial<StoredIssue> {
  return {
    ...(state === undefined ? {} : { state: state as StoredIssue['state'] }),
    ...(state_reason === undefined ? {} : { stateReason: String(state_reason) }),
  };
}

function fault(status: number, message: string, errors?: readonly object[]): Answered {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', ...(errors ? { errors } : {}) },
  };
}

/** As GitHub says it. */
export const limited = {
  primary: (resetAtMs: number): Behaviour => ({
    kind: 'answer',
    status: 403,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(resetAtMs / 1_000)) },
    body: { message: 'API rate limit exceeded for user ID 1.' },
  }),
  secondary: (seconds?: number): Behaviour => ({
    kind: 'answer',
    status: 403,
    ...(seconds === undefined ? {} : { headers: { 'retry-after': String(seconds) } }),
    body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' },
  }),
};
