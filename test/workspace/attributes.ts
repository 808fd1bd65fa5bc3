import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import { contents, executable, type Rig, rig, writeFiles } from './rig.ts';

const pattern = fc.constantFrom('*', '*.txt', '*.bin', 'folder/*', '/a.txt', '[attr]own');
const attribute = fc.constantFrom(
  ...['text=auto', 'text', '-text', 'eol=crlf', 'eol=lf', 'ident', 'binary', 'export-subst', 'own', '!text'],
  ...['working-tree-encoding=UTF-16', 'working-tree-encoding=UTF-8-BOM', 'working-tree-encoding=none-such'],
  ...[
    'filter=lfs diff=lfs merge=lfs -text',
    'filter=mark',
    'filter=none-such',
    'merge=mark',
    'diff=mark',
    'merge=union',
  ],
);
const line = fc
  .tuple(pattern, fc.array(attribute, { minLength: 1, maxLength: 3 }))
  .map(([path, attributes]) => `${path} ${attributes.join(' ')}\n`);
const attributesFile = fc.array(line, { maxLength: 4 }).map((lines) => lines.join(''));

const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
const piece = fc.constantFrom(
  'one\n',
  'two\r\n',
  'three\r',
  '$Id$\n',
  '$Id: 00 $\r\n',
  '\ufeffü\n',
  '\0',
  pointer,
  'end',
);
const bytes = fc.oneof(
  fc.array(piece, { maxLength: 5 }).map((pieces) => Buffer.from(pieces.join(''))),
  fc.array(piece, { maxLength: 3 }).map((pieces) => Buffer.from(`\ufeff${pieces.join('')}`, 'utf16le')),
  fc.uint8Array({ maxLength: 12 }),
);
const tree = fc.record({
  'a.txt': bytes,
  'b.bin': bytes,
  'folder/c.txt': bytes,
  '.gitattributes': attributesFile,
  'folder/.gitattributes': attributesFile,
});

/** A project whose filters, drivers and hooks leave a mark, and one of which is required and missing as Git LFS may be. */
async function marked(): Promise<{ project: Rig; mark: string }> {
  const project = await rig({ 'a.txt': 'a' });
  const mark = join(project.folder, 'mark');
  const program = executable(join(project.folder, 'mark.sh'), `#!/bin/sh\necho "$@" >> '${mark}'\ntr a-z A-Z\n`);
  const settings = `[core]\n\tautocrlf = true\n\teol = crlf\n\tattributesFile = ${project.folder}/attributes
[filter "mark"]\n\tclean = ${program} clean\n\tsmudge = ${program} smudge\n\trequired = true
[filter "lfs"]\n\tclean = git-lfs clean -- %f\n\tsmudge = git-lfs smudge -- %f\n\tprocess = git-lfs filter-process\n\trequired = true
[diff "mark"]\n\ttextconv = ${program}\n\tcommand = ${program}
[merge "mark"]\n\tdriver = ${program}\n`;
  writeFiles(project.folder, { attributes: '* filter=mark\n' });
  writeFiles(project.env.HOME ?? '', { '.gitconfig': settings });
  const config = join(project.root, '.git/config');
  writeFileSync(config, readFileSync(config, 'utf8') + settings);
  mkdirSync(join(project.root, '.git/info'), { recursive: true });
  writeFileSync(join(project.root, '.git/info/attributes'), '* filter=mark ident\n');
  return { project, mark };
}

/** Whatever attributes say: a lane, a patch and a patch on a newer tree hold the bytes that were written. */
export async function attributesChangeNothing(numRuns: number): Promise<void> {
  const { project, mark } = await marked();
  const workspace = await project.open();
  const lane = workspace.lane('fix');
  await fc.assert(
    fc.asyncProperty(tree, tree, bytes, async (inTree, inLane, later) => {
      project.write(inTree);
      const base = await workspace.snapshot();
      await lane.renew(base);
      expect(contents(lane.root)).toEqual(contents(project.root));
      writeFiles(lane.root, { 'a.txt': inLane['a.txt'], 'folder/c.txt': inLane['folder/c.txt'], new: inLane['b.bin'] });
      const patch = await lane.takePatch(base);
      for (const { path, newBlob } of patch?.changes ?? []) {
        expect(await workspace.blob(newBlob)).toEqual(readFileSync(join(lane.root, path)));
      }
      project.write({ 'b.bin': later, '.gitattributes': inLane['.gitattributes'] });
      const now = await workspace.snapshot(['b.bin', '.gitattributes']);
      const replayed = patch === undefined ? undefined : await workspace.replay(patch, now);
      for (const { path, newBlob } of replayed?.kind === 'replayed' ? replayed.patch.changes : []) {
        expect(await workspace.blob(newBlob)).toEqual(readFileSync(join(lane.root, path)));
      }
      expect(await workspace.file(now.tree, 'b.bin')).toEqual(Buffer.from(later));
    }),
    { numRuns },
  );
  expect(existsSync(mark)).toBe(false);
}
