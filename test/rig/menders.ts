import {
  conversation,
  type RehearsalRequest,
  type Reply,
  type Scenario,
  script,
} from '../../src/claude/rehearsal/server.ts';

export const isFixer = ({ tools }: RehearsalRequest): boolean => tools.includes('Edit');
export const isPlanner = (request: RehearsalRequest): boolean => !isFixer(request);

export interface Edit {
  readonly file: string;
  /** What the person left there. */
  readonly from: string;
  readonly to: string;
}

/** A planner that advises and a fixer that makes these edits, and ends with this answer. */
export function mender(
  edits: Edit | readonly Edit[],
  answer: Record<string, unknown> = { summary: 'Mended' },
): Scenario {
  const all = [edits].flat();
  return script(
    conversation(isPlanner, [{ structured: strategyFor(all) }]),
    conversation(isFixer, [...all.flatMap(editSteps), { structured: answer }]),
  );
}

function strategyFor(edits: readonly Edit[]): unknown {
  return {
    summary: edits.map(({ from, to }) => `${to} instead of ${from}`).join('; '),
    cause: 'It was changed',
    steps: [],
    files: edits.map(({ file }) => file),
    keeps_intent: false,
  };
}

function editSteps({ file, from, to }: Edit): Reply[] {
  return [
    { calls: [{ tool: 'Read', input: { file_path: file } }] },
    { calls: [{ tool: 'Edit', input: { file_path: file, old_string: from, new_string: to } }] },
  ];
}
