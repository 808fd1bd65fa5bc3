import { styleText } from 'node:util';
import type { AgentEvent, AgentEvents } from '../events.ts';
import { inOneLine, type Tone } from './line.ts';
import { lineOf, statisticsLines } from './lines.ts';
import { clockOfDay } from './now.ts';
import { wrapped } from './wrap.ts';

const marks: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', warn: '!', step: '·', quiet: ' ' };
const colours = { good: 'green', bad: 'red', warn: 'yellow', step: 'cyan', quiet: 'gray' } as const;

/** Prints an agent's events for the person at the terminal. Colours only where the stream can show them. */
export function viewEvents(events: AgentEvents, out: NodeJS.WriteStream): () => void {
  return events.on((event) => {
    for (const line of linesOf(event, out)) out.write(`${line}\n`);
  });
}

export function linesOf(event: AgentEvent, out: NodeJS.WriteStream): readonly string[] {
  return linesIn(event, out).map((line) => wrapped(line, out, hang));
}

/** Below the words, behind time and mark or the name of what is told. */
const hang = 11;

function linesIn(event: AgentEvent, out: NodeJS.WriteStream): readonly string[] {
  if (event.type === 'agent.starting') {
    return [
      styleText('bold', `Mendwatch on ${inOneLine(event.projectRoot)}`, { stream: out }),
      `  tests   ${inOneLine(event.runner)}`,
      `  Claude  ${inOneLine(event.claude)}`,
      `  state   ${inOneLine(event.stateFile)}`,
      `  log     ${inOneLine(event.logFile)}`,
    ];
  }
  if (event.type === 'agent.stopped') return ['', ...statisticsLines(event.statistics, event.uptimeMs, event.budget)];
  const line = lineOf(event);
  if (line === undefined) return [];
  const time = styleText('gray', clockOfDay(event.at), { stream: out });
  return [`${time} ${styleText(colours[line.tone], `${marks[line.tone]} ${line.text}`, { stream: out })}`];
}
