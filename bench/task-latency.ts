import { openStage } from '../test/rig/stage.ts';
import { figureOf, paired, quickRounds, type Suite, scratch, withReleases } from './suite.ts';

/** Long enough that what is started at the first event, as in real life, is started by then. */
const debounceMs = 1_000;

export const taskLatency: Suite = {
  name: 'task',
  title: 'save → task in the state file, beyond the debounce',
  quickly: `${quickRounds} saves in place of 100`,
  promises: ['p50', 'p99'],
  run: (isQuick) =>
    withReleases(async (defer) => {
      const folder = await scratch(defer);
      const settings = { FILE_WATCH_DEBOUNCE_SECONDS: String(debounceMs / 1_000), AUTO_FIX_ENABLED: 'false' };
      const stage = await openStage(folder, { settings }, defer);
      const saved = async (round: number): Promise<number> => {
        const from = stage.events.length;
        const text = `${await stage.read('src/money.ts')}// ${round}\n`;
        const startedAt = performance.now();
        await stage.save('src/money.ts', text);
        await stage.until('task.created', () => true, from);
        const tookMs = performance.now() - startedAt - debounceMs;
        await stage.until('task.finished', () => true, from);
        return tookMs;
      };
      const { save } = await paired({ save: saved }, isQuick ? quickRounds : 100);
      return [figureOf('p50', save, 'ms'), figureOf('p99', save, 'ms', { p: 0.99, target: '< 25' })];
    }),
};
