import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { installOldVitests, NEWEST } from '../rig/old-versions.ts';
import { scratch } from '../rig/scratch.ts';
import { edits, openPlay, shop } from './spare-law.ts';
import { everyOutcome, everyStatus, reportOf, statuses } from './vitest-sample.ts';

beforeAll(() => installOldVitests(), 600_000);

test('VERIFY-8: whatever is changed while a spare waits, it says what a new process says', {
  timeout: 300_000,
}, async () => {
  const play = await openPlay(await scratch('spare-laws'));
  onTestFinished(() => play.project.runner.close());
  for (const edit of Object.values(edits)) await play.compare(edit);
});

describe.each(['1.3.1', '4.0.5', ...NEWEST])('vitest %s', { timeout: 180_000 }, (version) => {
  test('F70: by a spare, every outcome has the id and the status that it has without one', async () => {
    const files = { ...everyOutcome, 'vitest.config.js': shop['vitest.config.js'] ?? '' };
    const play = await openPlay(await scratch('spare-outcomes'), files, version);
    onTestFinished(() => play.project.runner.close());
    // Tells which options this version does not know.
    await play.project.run({ kind: 'files', files: ['none.test.js'] });
    expect(statuses(reportOf(await play.compare({})))).toEqual(everyStatus);
  });
});
