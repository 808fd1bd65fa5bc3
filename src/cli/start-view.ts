import type { AgentControl } from '../agent/control.ts';
import { notable } from '../agent/notable.ts';
import { isoTime } from '../clock.ts';
import type { Config } from '../config/types.ts';
import type { AgentEvents } from '../events.ts';
import { LiveView } from './live-view.ts';
import { linesOf } from './view.ts';
import { safeText } from './wire-names.ts';
import { wrapped } from './wrap.ts';

/** What is kept for a reader that does not read; what comes then is in the log file alone. */
const backlogBytes = 4 * 1024 * 1024;

/** What is shown of an agent that runs in the foreground. */
export interface StartView {
  follow(events: AgentEvents): void;
  /** Words to the person that are no event. */
  say(lines: readonly string[]): void;
  /** It runs now. */
  attend(agent: Pick<AgentControl, 'state'>): void;
  readonly onLogLine?: (line: string) => void;
  close(): void;
}

export interface Showing {
  readonly config: Config;
  readonly out: NodeJS.WriteStream;
  /** Lines for people in any case, and nothing that moves. */
  readonly isPlain: boolean;
  /** The log as it is in any case. */
  readonly isJson?: boolean;
  /** The environment of the launch. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** People get lines, at a terminal that can do it with a moving one below; where nobody looks it is the log as it is. */
export function openStartView(showing: Showing): StartView {
  const { out, isPlain, isJson = false, env } = showing;
  if (isJson || (!isPlain && !out.isTTY)) return jsonView(out);
  return isPlain || env.TERM === 'dumb' ? plainView(showing) : movingView(showing);
}

function plainView({ config, out }: Showing): StartView {
  const tell = (lines: readonly string[]): void => {
    for (const line of lines) out.write(`${line}\n`);
  };
  return {
    say: (lines) => tell(lines.map((line) => wrapped(line, out))),
    follow: (events) => {
      events.on((event) => tell(linesOf(event, out)));
      ringAt(events, config, out);
    },
    attend: () => undefined,
    close: () => undefined,
  };
}

function movingView({ config, out }: Showing): StartView {
  const view = new LiveView(out, config.maxRetries);
  view.guardTerminal();
  return {
    say: (lines) => view.print(lines.map((line) => wrapped(line, out))),
    follow: (events) => {
      events.on((event) => {
        view.print(linesOf(event, out));
        view.note(event);
      });
      ringAt(events, config, out);
    },
    attend: (agent) => view.attend(() => agent.state),
    close: () => view.close(),
  };
}

function jsonView(out: NodeJS.WriteStream): StartView {
  const write = (line: string): void => {
    if (out.writableLength < backlogBytes) out.write(safeText(line));
  };
  return {
    onLogLine: write,
    say: (lines) => {
      for (const msg of lines) {
        write(`${JSON.stringify({ level: 'info', time: isoTime(Date.now()), pid: process.pid, msg })}\n`);
      }
    },
    follow: () => undefined,
    attend: () => undefined,
    close: () => undefined,
  };
}

function ringAt(events: AgentEvents, { notify }: Config, out: NodeJS.WriteStream): void {
  if (notify !== 'bell' || !out.isTTY) return;
  events.on((event) => {
    if (notable(event) !== undefined) out.write('\x07');
  });
}
