import type { TestResult, TestRun } from '../domain/tests.ts';

/**
 * A test run without secrets, before anybody compares, keeps or tells anything of it: the name of a test may hold one
 * too, and must be the same everywhere from then on. Paths stay, they are how files are found.
 */
export function scrubRun(run: TestRun, scrub: (text: string) => string): TestRun {
  switch (run.kind) {
    case 'report': {
      const tests = run.report.tests.map((test) => scrubTest(test, scrub));
      return { ...run, report: { ...run.report, tests }, outputTail: scrub(run.outputTail) };
    }
    case 'broken':
      return { ...run, detail: scrub(run.detail), outputTail: scrub(run.outputTail) };
    case 'no-tests':
    case 'cancelled':
      return run;
  }
}

function scrubTest(test: TestResult, scrub: (text: string) => string): TestResult {
  const title = scrub(test.title);
  const { message } = test;
  const inId = (text: string) => (test.kind === 'problem' ? text.slice(text.indexOf(': ') + 2) : text);
  return {
    ...test,
    ...(title === test.title ? {} : { title, id: test.id.replace(inId(test.title), () => inId(title)) }),
    ...(message === undefined ? {} : { message: scrub(message) }),
  };
}
