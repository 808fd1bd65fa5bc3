import type { StateStore } from '../state/store.ts';
import type { Skipped } from '../workspace/types.ts';
import { some } from './doctor/words.ts';

const mostKept = 20;
const longestPath = 200;

/** For whoever looks at the state and wonders why a change there makes no task. */
export async function noteLeftOut(state: StateStore, skipped: readonly Skipped[]): Promise<void> {
  const found = skipped.slice(0, mostKept).map(({ path, reason }) => ({ path: shortened(path), reason }));
  await state.update(({ processes: { orchestrator } }) => {
    if (found.length === 0) delete orchestrator.left_out;
    else orchestrator.left_out = found;
  });
}

const consequences: Readonly<Record<Skipped['reason'], string>> = {
  submodule: 'not watched; tests can read it, and no fix changes it',
  'nested repository':
    'not watched, and not in the copies in which tests run; where they need it, add it to LANE_LINKS',
  unreadable: 'not watched',
  'too large': 'over 64 MB, not watched',
  'path too long': 'over 3,000 bytes, not watched',
  'large package':
    'over 64 MB or 3,000 files, not copied; tests that load it get packages of this project from your tree, without the fix that is tried',
};

/** For people: a line for each reason, with what follows from it. */
export function leftOutLines(
  skipped: readonly { readonly path: string; readonly reason: string }[],
  most = 3,
): readonly string[] {
  return Array.from(
    Map.groupBy(skipped, ({ reason }) => reason),
    ([reason, found]) => {
      const [, follows = ''] = Object.entries(consequences).find(([each]) => each === reason) ?? [];
      const paths = some(
        found.map(({ path }) => shortened(path)),
        most,
      );
      return `left out: ${paths} (${reason}${follows === '' ? '' : `: ${follows}`})`;
    },
  );
}

function shortened(path: string): string {
  return path.length <= longestPath ? path : `${path.slice(0, longestPath / 2)}…${path.slice(-longestPath / 2)}`;
}
