import { glob, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');

/** A page of the documentation, by its path in the repository. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** All pages but samples that belong to tests. */
export async function readPages(): Promise<readonly Page[]> {
  const patterns = ['*.md', 'docs/*.md', 'src/README.md', 'automation/hooks/*.md', '.github/**/*.md'];
  const pages: Page[] = [];
  for await (const path of glob(patterns, { cwd: repository }))
    pages.push({ path, text: await readFile(resolve(repository, path), 'utf8') });
  return pages.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** What stands in code, with the lines of a block as one piece each. */
export function codeIn({ text }: Page): readonly string[] {
  const blocks = [...text.matchAll(/^```.*\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
  return [
    ...blocks,
    ...[...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replace(/\s+/g, ' ')),
  ];
}

/** Targets of links and pictures: of this repository with `path` from its root, or elsewhere. */
export function linksIn({ path, text }: Page) {
  const targets = [...withoutBlocks(text).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
  return targets.map((target) => {
    const [file = '', anchor] = target.split('#');
    const isElsewhere = /^[a-z]+:/.test(target);
    return { target, anchor, path: isElsewhere ? undefined : file === '' ? path : join(dirname(path), file) };
  });
}

/** The anchors that a page has for its headings. */
export function anchorsOf({ text }: Page): readonly string[] {
  return [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** The cells of the rows in the tables below this heading, without the head of each. */
export function rowsBelow({ text }: Page, heading: string): readonly (readonly string[])[] {
  const [, after = ''] = text.split(`\n## ${heading}\n`);
  const lines = after.split(/^## /m)[0]?.split('\n') ?? [];
  return lines.flatMap((line, at) =>
    line.startsWith('| ') && !lines[at + 1]?.startsWith('|---') ? [line.slice(2, -2).split(/ (?<!\\)\| /)] : [],
  );
}

function withoutBlocks(text: string): string {
  return text.replace(/^```.*\n[\s\S]*?^```$/gm, '');
}
