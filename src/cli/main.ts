import { launchEnvironment } from '../config/process-environment.ts';
import { codeOf, ExitCode, MendwatchError } from '../errors.ts';
import type { OtherDoors } from './entry.ts';
import { printable } from './line.ts';
import { UsageError } from './usage-error.ts';
import { wrappedText } from './wrap.ts';

/** Runs one command line; gives the exit code. `args` are the words after the program's name. */
export async function main(args: readonly string[], doors: OtherDoors): Promise<number> {
  // A terminal that is closed, or a reader that has seen enough, as `head` has: no fault, and no reason for an agent to stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const [first, command = '', word] = args;
    // A shell asks at every Tab: without what all other commands need.
    if (first === 'complete-ids') return await (await import('./complete-ids.ts')).runCompleteIds(command, word);
    return await (await import('./program.ts')).runProgram(args, doors);
  } catch (error) {
    return explain(error);
  }
}

/** Says what went wrong. Only a bug shows a stack trace. */
export async function explain(error: unknown): Promise<number> {
  if (error instanceof UsageError) return tell(error.message, error.remedy, error.exitCode);
  const { scrubLaunch } = await import('./scrub-launch.ts');
  const scrub = scrubLaunch(launchEnvironment());
  if (error instanceof MendwatchError) return tell(scrub(error.message), scrub(error.remedy ?? ''), error.exitCode);
  const refusal = refusalOfDisk(error);
  if (refusal !== undefined) return tell(scrub(refusal), 'Mend that and start again.', ExitCode.failed);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // Not broken between words: it is to be copied.
  process.stderr.write(printable(`This is a bug in Mendwatch:\n${scrub(stack)}\n`));
  return ExitCode.failed;
}

const refusals: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk has no room left for this user',
  EROFS: 'its disk is read-only',
  EACCES: 'this user has no right to it',
  EPERM: 'this user has no right to it',
};

/** The machine is at fault, not we. */
function refusalOfDisk(error: unknown): string | undefined {
  const code = codeOf(error) ?? '';
  if (!(error instanceof Error) || !('path' in error) || !('syscall' in error)) return undefined;
  // On a read-only disk Node makes this of it.
  const why = code === 'ENOENT' && error.syscall === 'mkdir' ? 'it cannot be made there' : refusals[code];
  if (why === undefined) return undefined;
  return `${error.path} cannot be used: ${why} (${code}).`;
}

function tell(message: string, remedy = '', exitCode: number): number {
  const text = printable(`${message}\n${remedy === '' ? '' : `${remedy}\n`}`);
  process.stderr.write(wrappedText(text, process.stderr));
  return exitCode;
}
