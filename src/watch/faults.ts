import { codeOf, messageOf } from '../errors.ts';

/** What a person reads when folders cannot be watched: what that means, and what helps. */
export function blindness(error: unknown, pollMs: number): string {
  const meanwhile = `Until then the tree is compared every ${pollMs / 1_000} s (WATCH_POLL_SECONDS).`;
  switch (codeOf(error)) {
    case 'ENOSPC':
      return (
        'Some folders cannot be watched: the system has no more inotify watches. Raise them with ' +
        `\`sudo sysctl fs.inotify.max_user_watches=1048576\`. ${meanwhile}`
      );
    case 'EMFILE':
    case 'ENFILE':
      return (
        'Some folders cannot be watched: too many open files or inotify instances. Raise them with ' +
        `\`ulimit -n 65536\` or \`sudo sysctl fs.inotify.max_user_instances=1024\`. ${meanwhile}`
      );
    default:
      return `Some folders cannot be watched: ${sentence(error)} ${meanwhile}`;
  }
}

export function sentence(error: unknown): string {
  return `${messageOf(error).replace(/\.?\s*$/, '')}.`;
}
