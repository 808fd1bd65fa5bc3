import { styleText } from 'node:util';
import { type ContractRow, type Examined, examineAll, examineContract, type Report } from '../agent/doctor/doctor.ts';
import type { EffectiveSetting } from '../config/effective.ts';
import { findPackageRoot } from '../config/package-root.ts';
import { launchEnvironment } from '../config/process-environment.ts';
import { ExitCode } from '../errors.ts';
import { inOneLine } from './line.ts';
import { printJson } from './look.ts';
import { onSignals } from './signals.ts';
import { wrapped } from './wrap.ts';
import { wrong } from './wrong.ts';

export interface Options {
  readonly json?: boolean;
  readonly fix?: boolean;
  readonly live?: boolean;
  readonly contract?: boolean;
  readonly settings?: boolean;
}

const marks = { ok: '✓', warning: '!', failed: '✗', skipped: '–' } as const;
const colours = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' } as const;
const indent = ' '.repeat(17);

/** Looks at everything before it matters. Exit code 0 when nothing is wrong, 1 when something is, 2 for wrong settings. */
export async function runDoctor(options: Options): Promise<number> {
  const { json = false, fix = false, live = false, contract = false, settings = false } = options;
  if (contract && (fix || live || settings)) {
    throw wrong('--contract goes with --json only: it looks at Claude Code and nothing else.');
  }
  const stopping = new AbortController();
  const forgetSignals = onSignals(() => stopping.abort());
  const given = {
    env: launchEnvironment(),
    cwd: process.cwd(),
    packageRoot: findPackageRoot(),
    signal: stopping.signal,
  };
  try {
    const report = contract
      ? await examineContract({ ...given, onRow: json ? () => undefined : printRow })
      : await examineAll({ ...given, live, fix });
    if (json) printJson({ healthy: isHealthy(report), ...report });
    else write([...report.checks.flatMap(checkLines), ...settingLines(report, settings), verdictOf(report)]);
    return stopping.signal.aborted ? ExitCode.interrupted : exitCodeOf(report);
  } finally {
    forgetSignals();
  }
}

function printRow({ name, ok, expected, got }: ContractRow): void {
  write([`${mark(ok ? 'ok' : 'failed')} ${name}`, ...(ok ? [] : [`    expected ${expected}`, `    got      ${got}`])]);
}

/** Not by `print`, which would take the colours out; every part has been cleaned. */
function write(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${wrapped(line, process.stdout, hangOf(line))}\n`).join(''));
}

/** Below where its own words begin. */
function hangOf(line: string): number {
  if (line.startsWith(indent)) return indent.length + 2;
  return line.startsWith(' ') ? 4 : indent.length;
}

function isHealthy({ checks }: Report): boolean {
  return !checks.some(({ state }) => state === 'failed');
}

function exitCodeOf({ checks }: Report): number {
  const failed = checks.filter(({ state }) => state === 'failed');
  if (failed.some(({ name }) => name === 'configuration')) return ExitCode.configuration;
  return failed.length > 0 ? ExitCode.failed : ExitCode.done;
}

function mark(state: Examined['state']): string {
  return styleText(colours[state], marks[state], { stream: process.stdout });
}

function checkLines({ name, state, detail, remedy, lines = [], fixed = [] }: Examined): readonly string[] {
  return [
    `${mark(state)} ${name.padEnd(14)} ${inOneLine(detail)}`,
    ...lines.map((line) => `${indent}${inOneLine(line)}`),
    ...(remedy === undefined ? [] : [`${indent}→ ${inOneLine(remedy)}`]),
    ...fixed.map((done) => `${indent}fixed: ${inOneLine(done)}`),
  ];
}

/** What was set is told always, and everything else on request. */
function settingLines({ configuration }: Report, all: boolean): readonly string[] {
  const isSet = ({ origin }: EffectiveSetting): boolean => origin !== 'default' && origin !== 'not set';
  const shown = configuration.filter((setting) => all || isSet(setting));
  const rest = configuration.length - shown.length;
  if (configuration.length === 0) return [];
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  const more = rest === 0 ? [] : [`  ${rest} more have their defaults: \`doctor --settings\` lists them`];
  return ['', 'Settings', ...shown.map((setting) => `  ${settingLine(setting, width)}`), ...more, ''];
}

function settingLine({ name, value, origin, otherwise }: EffectiveSetting, width: number): string {
  const said = value === null ? `not set: ${otherwise}` : `${value} (${origin})`;
  return `${name.padEnd(width)}  ${inOneLine(said)}`;
}

function verdictOf({ checks }: Report): string {
  const numberOf = (wanted: Examined['state']): number => checks.filter(({ state }) => state === wanted).length;
  const [failed, warnings] = [numberOf('failed'), numberOf('warning')];
  const some = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;
  const warned = warnings === 0 ? '' : `, ${some(warnings, 'warning')}`;
  if (failed === 0) return `Nothing is wrong${warned}.`;
  return `${some(failed, 'check')} failed${warned}.`;
}
