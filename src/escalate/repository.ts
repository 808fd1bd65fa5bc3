/** A repository of GitHub, as `owner` and `name`. */
export interface Repository {
  readonly owner: string;
  readonly name: string;
}

const publicHosts: ReadonlySet<string> = new Set(['github.com', 'ssh.github.com', 'www.github.com']);

/**
 * The repository that an origin names, as `https://host/owner/name(.git)`, `ssh://git@host(:port)/owner/name` or
 * `git@host:owner/name`. Undefined where its host is not the one behind the API: the token must not go anywhere else, and
 * `owner/name` of another service is somebody else's repository.
 */
export function repositoryOf(origin: string, apiUrl: string): Repository | undefined {
  const found = parseOrigin(origin.trim());
  if (found === undefined || !isServedBy(found.host.toLowerCase(), new URL(apiUrl).hostname.toLowerCase())) {
    return undefined;
  }
  return splitRepository(found.path);
}

/** @param text `owner/name` */
export function splitRepository(text: string): Repository | undefined {
  const match = /^\/*([A-Za-z0-9][\w-]*)\/([\w.-]+?)(?:\.git)?\/*$/.exec(text);
  const [, owner, name] = match ?? [];
  return owner === undefined || name === undefined || /^\.+$/.test(name) ? undefined : { owner, name };
}

function parseOrigin(origin: string): { readonly host: string; readonly path: string } | undefined {
  if (/^(?:https?|ssh|git|git\+ssh):\/\//i.test(origin)) {
    if (!URL.canParse(origin)) return undefined;
    const { hostname, pathname } = new URL(origin);
    return { host: hostname, path: pathname };
  }
  const [, host, path] = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)(\S+)$/.exec(origin) ?? [];
  return host === undefined || path === undefined ? undefined : { host, path };
}

function isServedBy(host: string, apiHost: string): boolean {
  if (apiHost === 'api.github.com') return publicHosts.has(host);
  // GitHub Enterprise Server has its API at the same host, GitHub's own tenants at `api.` before it.
  return host === apiHost || `api.${host}` === apiHost;
}
