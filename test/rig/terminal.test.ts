import { expect, test } from 'vitest';
import { onTerminal } from './terminal.ts';

test('what leaves the terminal in another mode ends with 99, everything else with its own exit code', async () => {
  const at = { cwd: '/', env: { PATH: process.env.PATH ?? '' } };
  expect(await onTerminal(['stty', 'raw'], at).ended).toEqual({ kind: 'exited', code: 99 });
  expect(await onTerminal(['sh', '-c', 'exit 3'], at).ended).toEqual({ kind: 'exited', code: 3 });
});
