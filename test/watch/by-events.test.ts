import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchByFolder } from '../../src/watch/by-folder.ts';
import { apply, edits } from '../workspace/laws.ts';
import { start } from './scene.ts';

test.runIf(process.platform === 'linux')(
  'F20: a look at what has stirred gives the same as a look at the whole tree, whatever was done the moment before',
  async () => {
    let [whole, named] = [0, 0];
    const scene = await start({
      watch: watchByFolder,
      around: (workspace) =>
        new Proxy(workspace, {
          get: (target, key) => {
            if (key !== 'snapshot') return Reflect.get(target, key);
            return (paths?: readonly string[]) => {
              if (paths === undefined) whole += 1;
              else named += 1;
              return target.snapshot(paths);
            };
          },
        }),
    });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        apply(scene.root, changes);
        const quick = await scene.watcher.snapshot();
        expect(quick).toEqual(await scene.workspace.snapshot());
      }),
      { numRuns: 12 },
    );
    await scene.untilNow();
    const before = { whole, named };
    scene.write({ 'src/a.ts': 'again' });
    expect(await scene.watcher.snapshot()).toEqual(await scene.workspace.snapshot());
    expect({ whole, named: named - before.named > 0 }).toEqual({ whole: before.whole, named: true });
  },
);
