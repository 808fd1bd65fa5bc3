import { describe, expect, test } from 'vitest';
import { corpus, slice } from './corpus.ts';
import { declareCases } from './declare.ts';

test('the corpus has at least 70 wrong patches and 30 honest ones, each with a name of its own', () => {
  const honest = corpus.filter(({ expected }) => expected.kind === 'landed');
  expect(honest.length).toBeGreaterThanOrEqual(30);
  expect(corpus.length - honest.length).toBeGreaterThanOrEqual(70);
  expect(new Set(corpus.map(({ family, name }) => `${family}: ${name}`)).size).toBe(corpus.length);
});

describe('F40, F45, F53, F54, F55, F68, F70: one case of each family', () => {
  declareCases(slice);
});
