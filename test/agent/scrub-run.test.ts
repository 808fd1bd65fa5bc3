import { expect, test } from 'vitest';
import { scrubRun } from '../../src/agent/scrub-run.ts';
import { problem } from '../rig/problems.ts';
import { reportOf } from '../rig/reports.ts';

const scrub = (text: string): string => text.replaceAll('hunter2', '[secret]');

test('RUN-9: of a test run every text goes through the scrubber, and a name is the same as part of its id', () => {
  const failed = {
    id: '|test/a.test.ts|of hunter2|1',
    kind: 'test',
    file: 'test/hunter2.test.ts',
    title: 'of hunter2',
    status: 'failed',
    durationMs: 1,
    message: 'got hunter2',
  } as const;
  const passed = { ...failed, id: '|test/a.test.ts|other|1', title: 'other', status: 'passed' } as const;
  const run = scrubRun({ kind: 'report', report: reportOf([failed, passed]), outputTail: 'hunter2' }, scrub);
  expect(run).toMatchObject({
    outputTail: '[secret]',
    report: {
      tests: [
        { id: '|test/a.test.ts|of [secret]|1', title: 'of [secret]', message: 'got [secret]', file: failed.file },
        { id: passed.id, title: 'other', message: 'got [secret]' },
      ],
    },
  });
  const broken = {
    kind: 'broken',
    reason: 'crashed',
    detail: 'hunter2',
    outputTail: 'x hunter2',
    durationMs: 1,
  } as const;
  expect(scrubRun(broken, scrub)).toMatchObject({ detail: '[secret]', outputTail: 'x [secret]' });
  expect(scrubRun({ kind: 'cancelled' }, scrub)).toEqual({ kind: 'cancelled' });
});

test('RUN-9: nor does the id of a problem keep a secret', () => {
  const found = problem('src/a.ts', "TS2322 Type 'hunter2' is wrong");
  const run = scrubRun({ kind: 'report', report: reportOf([found]), outputTail: '' }, scrub);
  const clean = problem('src/a.ts', "TS2322 Type '[secret]' is wrong");
  expect(run).toMatchObject({ report: { tests: [{ id: clean.id, title: clean.title }] } });
});
