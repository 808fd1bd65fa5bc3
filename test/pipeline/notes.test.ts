import { describe, expect, test } from 'vitest';
import { notesOf } from '../../src/pipeline/notes.ts';

const treeOf = (files: Readonly<Record<string, string>>) => {
  const asked: string[] = [];
  return {
    asked,
    file: async (_tree: string, path: string) => {
      asked.push(path);
      const text = files[path];
      return text === undefined ? undefined : Buffer.from(text);
    },
  };
};

describe('what the project says to assistants', () => {
  test('is its CLAUDE.md alone where there is no other', async () => {
    expect(await notesOf(treeOf({ 'CLAUDE.md': 'Use tabs.\n' }), 't', ['src/a.ts'])).toBe('Use tabs.\n');
    expect(await notesOf(treeOf({}), 't', ['src/a.ts'])).toBeUndefined();
    expect(await notesOf(treeOf({ 'CLAUDE.md': ' \n' }), 't', [])).toBeUndefined();
  });

  test('and those of the folders in which files were changed, the nearest last; of no other', async () => {
    const files = { 'CLAUDE.md': 'root', 'src/CLAUDE.md': 'src', 'src/a/b/CLAUDE.md': 'deep', 'lib/CLAUDE.md': 'lib' };
    const notes = await notesOf(treeOf(files), 't', ['src/a/b/c.ts', 'src/d.ts']);
    expect(notes).toBe('CLAUDE.md:\nroot\n\nsrc/CLAUDE.md:\nsrc\n\nsrc/a/b/CLAUDE.md:\ndeep');
  });

  test('a link, or a line that names another file of the tree, is that file; nothing outside is asked for', async () => {
    for (const pointer of ['AGENTS.md', '@AGENTS.md\n', './AGENTS.md']) {
      expect(await notesOf(treeOf({ 'CLAUDE.md': pointer, 'AGENTS.md': 'be kind' }), 't', [])).toBe('be kind');
    }
    const tree = treeOf({ 'CLAUDE.md': '../../home/me/secret', 'src/CLAUDE.md': '/etc/passwd' });
    await notesOf(tree, 't', ['src/a.ts']);
    expect(tree.asked).toEqual(['CLAUDE.md', 'src/CLAUDE.md']);
  });

  test('has limits: of files, and of each', async () => {
    const folders = Array.from({ length: 30 }, (_, index) => `f${index}`);
    const files = Object.fromEntries(folders.map((folder) => [`${folder}/CLAUDE.md`, `${'long '.repeat(20_000)}`]));
    const notes = await notesOf(
      treeOf(files),
      't',
      folders.map((folder) => `${folder}/a.ts`),
    );
    expect(notes?.match(/CLAUDE\.md:/g)).toHaveLength(6);
    expect(notes?.length).toBeLessThan(61_000);
  });
});
