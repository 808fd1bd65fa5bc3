import { messageOf } from '../errors.ts';
import type { AgentEvents } from '../events.ts';
import type { Logger } from '../log.ts';
import { run } from '../process/process.ts';
import type { ProcessEnd } from '../process/types.ts';
import { notable } from './notable.ts';

const limits = { timeoutMs: 10_000, waiting: 5, characters: 300 };

/** Of the launch, what a notification needs to find the person's desktop. */
const wanted = ['PATH', 'HOME', 'DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'LANG'];

export interface Desktop {
  readonly events: AgentEvents;
  readonly logger: Logger;
  readonly cwd: string;
  readonly launch: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/** Shows what is notable on the person's desktop, one after another. Returns the function that ends it. */
export function notifyDesktop({ events, logger, cwd, launch, platform }: Desktop): () => Promise<void> {
  const over = new AbortController();
  const env = Object.fromEntries(wanted.flatMap((name) => (launch[name] ? [[name, launch[name]]] : [])));
  let last = Promise.resolve();
  let waiting = 0;
  let isToldOf = false;
  const show = async (text: string): Promise<void> => {
    const [command, ...args] = commandFor(platform, text);
    const { end, stderr } = await run({ command, args, cwd, env, timeoutMs: limits.timeoutMs, signal: over.signal });
    waiting--;
    if (isToldOf || over.signal.aborted || (end.kind === 'exited' && end.code === 0)) return;
    isToldOf = true;
    logger.warn({ command, why: whyOf(end, stderr) }, 'no desktop notification could be shown; this is said once');
  };
  const forget = events.on((event) => {
    const text = notable(event);
    if (text === undefined || waiting >= limits.waiting) return;
    waiting++;
    last = last
      .then(() => show(text))
      .catch((error: unknown) => logger.warn({ why: messageOf(error) }, 'notification'));
  });
  return async () => {
    forget();
    over.abort();
    await last;
  };
}

/** The text comes from the project: it is one argument, begins with a word of ours, and holds no mark-up. */
function commandFor(platform: NodeJS.Platform, text: string): [string, ...string[]] {
  const plain = text.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]+/gu, ' ').slice(0, limits.characters);
  if (platform === 'darwin') {
    const script = ['on run argv', 'display notification (item 1 of argv) with title "Mendwatch"', 'end run'];
    return ['osascript', ...script.flatMap((line) => ['-e', line]), plain];
  }
  const escaped = plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return ['notify-send', '--app-name=Mendwatch', 'Mendwatch', escaped];
}

function whyOf(end: ProcessEnd, stderr: string): string {
  if (end.kind === 'could-not-start') return end.message;
  return stderr.trim().slice(0, limits.characters) || JSON.stringify(end);
}
