import parseDiff from 'parse-diff';
import type { Patch } from '../workspace/types.ts';

/** How code finds out that it is being tested. Each pattern with what it is called in the reason. */
const marks: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\bVITEST(_\w+)?\b|\bJEST_WORKER_ID\b|\bPYTEST_CURRENT_TEST\b/, what: 'the variables of a test runner' },
  { pattern: /\bNODE_ENV\b|\bimport\.meta\.env\b/, what: 'the environment that the code runs in' },
  { pattern: /\bimport\.meta\.vitest\b|__vitest|__jest/i, what: "the runner's own marks" },
  {
    pattern:
      /\b(?:typeof|globalThis\s*\??\.|global\s*\??\.|globalThis\s*\[\s*['"`])\s*(?:it|test|describe|expect|vi|jest|beforeEach|afterEach)\b/,
    what: "the runner's globals",
  },
  {
    pattern:
      /\bfrom\s*['"](?:vitest|jest|@jest\/|@vitest\/|chai|mocha|node:test)|\b(?:import|require)\s*\(\s*['"](?:vitest|jest|@jest\/|@vitest\/|chai|mocha|node:test)/,
    what: 'the test runner as a module',
  },
  {
    pattern: /\bexpect\s*\.\s*(?:extend|soft|prototype)\b|\b(?:Assertion|chai)\s*\.\s*(?:prototype|util|use)\b/,
    what: 'the assertions themselves',
  },
  {
    pattern: /\.stack\b|\bcaptureStackTrace\b|\bprepareStackTrace\b|\bstackTraceLimit\b/,
    what: 'who called it (the stack)',
  },
  {
    pattern: /\bprocess\s*\.\s*(?:argv|exit|abort|kill|reallyExit|exitCode|mainModule)\b|\brequire\s*\.\s*main\b/,
    what: 'how the process was started, or its end',
  },
  { pattern: /\bprocess\s*\.\s*env\b/, what: 'the environment of the process' },
  { pattern: /\beval\s*\(|\bnew\s+Function\s*\(|\bconstructor\s*\.\s*constructor\b/, what: 'code made from text' },
  {
    pattern: /\b(?:child_process|worker_threads|node:vm|node:inspector)\b/,
    what: 'other processes, or the machine below',
  },
];

const source = /\.(?:[cm]?[jt]sx?|vue|svelte|astro)$/;
const maxReasons = 10;

/**
 * Lines that a patch adds and that look at whether tests are running. The tests cannot prove such a patch, since it may
 * behave otherwise without them; it is parked for a person to read. A line that was only moved is not new.
 */
export function suspiciousLines(patch: Patch): readonly string[] {
  const found: string[] = [];
  for (const file of parseDiff(patch.text)) {
    const path = file.to ?? '';
    if (!source.test(path)) continue;
    const changes = file.chunks.flatMap((chunk) => chunk.changes);
    const removed = new Set(changes.filter(({ type }) => type === 'del').map(({ content }) => content.slice(1).trim()));
    for (const change of changes) {
      if (change.type !== 'add') continue;
      const line = change.content.slice(1).trim();
      const mark = removed.has(line) ? undefined : marks.find(({ pattern }) => pattern.test(line));
      if (mark !== undefined) found.push(`${path}:${change.ln} looks at ${mark.what}: ${line.slice(0, 160)}`);
    }
  }
  return found.slice(0, maxReasons);
}
