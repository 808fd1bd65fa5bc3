import { onTestFinished } from 'vitest';
import { scratch } from './scratch.ts';
import { openStage, type Stage, type StageOptions } from './stage.ts';

/** A stage that is taken down when the test has finished. */
export async function setStage(options: StageOptions = {}): Promise<Stage> {
  return openStage(await scratch('stage'), options, (release) => onTestFinished(release));
}
