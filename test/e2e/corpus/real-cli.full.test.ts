import { cpSync, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { conversation, type Reply, script } from '../../../src/claude/rehearsal/server.ts';
import { isFixer, isPlanner } from '../../rig/menders.ts';
import { scratch } from '../../rig/scratch.ts';
import { setStage } from '../../rig/set-stage.ts';
import { corpus, families } from './corpus.ts';
import type { Case, Files } from './types.ts';

/** What can be said through the CLI's own Write tool: text files, whole, none gone, no mode changed. */
interface Writing {
  readonly path: string;
  readonly text: string;
}

const wanted = { wrong: 12, honest: 3 };
/** Their cases take files away or change nothing, for which there is no tool. */
const withoutTool = ['tests taken away', 'nothing done'];
const isText = (files: Files): boolean => Object.values(files).every((content) => typeof content === 'string');

/** One of each family as far as a model without a shell can play it. */
const playable: readonly Case[] = families
  .filter((family) => !withoutTool.includes(family))
  .flatMap(
    (family) =>
      corpus.find(({ family: name, situation: { project }, mischief, meanwhile, protectedPaths, fix }) => {
        const isPlain =
          project.modules === undefined && project.moduleLinks === undefined && project.executable === undefined;
        const isQuiet = mischief === undefined && meanwhile === undefined && protectedPaths === undefined;
        return name === family && isPlain && isQuiet && fix.length > 0 && isText(project.files);
      }) ?? [],
  );

const isHonest = ({ expected }: Case): boolean => expected.kind === 'landed';
const chosen: readonly Case[] = [
  ...playable.filter((item) => !isHonest(item)).slice(0, wanted.wrong),
  ...playable.filter(isHonest).slice(0, wanted.honest),
];

describe('F54, F55: the same verdicts when the patch comes from the real CLI', () => {
  test('a dozen families and more can be played', () => expect(chosen).toHaveLength(wanted.wrong + wanted.honest));

  test.each(chosen.map((item) => [`${item.family}: ${item.name}`, item] as const))('%s', async (_name, item) => {
    const writings: Writing[] = [];
    const stage = await setStage({
      bare: true,
      files: {
        'package.json': '{"type":"module","devDependencies":{"vitest":"*"}}',
        ...(item.situation.project.files as Record<string, string>),
      },
      settings: { MAX_RETRIES: '1', TEST_TIMEOUT_SECONDS: '20' },
      scenario: (request) => played(writings)(request),
    });
    const place = { root: stage.project, outside: stage.folder };
    const copy = join(await scratch('writings'), 'project');
    for (const change of item.situation.change) change(place);
    cpSync(stage.project, copy, { recursive: true, filter: (path) => !/\/(node_modules|\.git)$/.test(path) });
    for (const fix of item.fix) fix({ root: copy, outside: stage.folder });
    writings.push(...writingsOf(stage.project, copy));

    const end = await stage.until(
      ['task.finished', 'task.failed'],
      (event) => event.type === 'task.failed' || !['duplicate', 'clean'].includes(event.outcome),
    );
    const said = end.type === 'task.failed' ? end.reason : `${end.outcome}: ${end.note ?? ''}`;
    if (item.expected.kind === 'landed') expect(said).toMatch(/^fixed/);
    else if (item.expected.kind === 'parked') expect(said).toMatch(/^parked/);
    else expect(said).toMatch(new RegExp(`${item.expected.reason.source}|Claude changed nothing`));
    for (const { path, text } of writings) {
      const now = existsSync(join(stage.project, path)) ? readFileSync(join(stage.project, path), 'utf8') : undefined;
      if (item.expected.kind === 'landed') expect(now).toBe(text);
      else expect(now).not.toBe(text);
    }
  });
});

function played(writings: readonly Writing[]) {
  const steps: Reply[] = [
    { calls: writings.map(({ path }) => ({ tool: 'Read', input: { file_path: path } })) },
    { calls: writings.map(({ path, text }) => ({ tool: 'Write', input: { file_path: path, content: text } })) },
    { structured: { summary: 'Done' } },
  ];
  const plan = { summary: 'Mend it', cause: 'Not known', steps: [], files: [], keeps_intent: true };
  return script(conversation(isPlanner, [{ structured: plan }]), conversation(isFixer, steps));
}

/** The files that differ in the copy, whole. */
function writingsOf(project: string, copy: string): readonly Writing[] {
  const found: Writing[] = [];
  for (const entry of readdirSync(copy, { recursive: true })) {
    const path = String(entry);
    if (!lstatSync(join(copy, path)).isFile()) continue;
    const text = readFileSync(join(copy, path), 'utf8');
    const before = existsSync(join(project, path)) ? readFileSync(join(project, path), 'utf8') : undefined;
    if (before !== text) found.push({ path, text });
  }
  return found;
}
