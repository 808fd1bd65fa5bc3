import { expect, test } from 'vitest';
import { ModelLimits } from '../../src/executor/model-limits.ts';

test('what Claude says of its limits is told once of each kind, with what stands around it', () => {
  const limits = new ModelLimits('claude -p "mend it"');
  const line = `{"text":"You've hit your weekly limit · resets 3pm","n":1}\n`;
  expect(limits.find(Buffer.from(line))).toEqual({
    kind: 'rate',
    text: "You've hit your weekly limit · resets 3pm",
  });
  expect(limits.find(Buffer.from(line))).toBeUndefined();
  const long = `${'a'.repeat(200)} exceeded the 32000 output token maximum ${'b'.repeat(200)}`;
  expect(limits.find(Buffer.from(long))).toEqual({
    kind: 'tokens',
    text: `${'a'.repeat(79)} exceeded the 32000 output token maximum ${'b'.repeat(79)}`,
  });
  expect(new ModelLimits('echo').find(Buffer.from(line))).toBeUndefined();
});

test('EXEC-4: a flood without line breaks is looked through quickly: all sessions wait meanwhile', () => {
  const limits = new ModelLimits('claude');
  const floods = ['x', 'hit your ', 'usage limit ', 'exceeded the 1'].map((text) =>
    Buffer.from(text.repeat(65_536 / text.length)),
  );
  const beganMs = performance.now();
  for (let round = 0; round < 5; round += 1) for (const flood of floods) limits.find(flood);
  // 20 pieces of 64 KiB; looking back from every character takes seconds.
  expect(performance.now() - beganMs).toBeLessThan(500);
});
