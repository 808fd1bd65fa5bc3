import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { relativePath } from '../report/paths.ts';
import { keyOf, kindOf } from './workspace.ts';

/** A program or a library that cargo has built. */
export interface Built {
  /** Of its target; see `keyOf`. */
  readonly key: string;
  /** Of a program: its file name, which no other one has. */
  readonly program: string;
  /** Where rustc has written what it was made of. */
  readonly sources: string;
}

export interface Reading {
  readonly programs: readonly Built[];
  readonly libraries: readonly Built[];
  /** What the compiler said, by target, each as it prints it for people. */
  readonly errors: readonly { readonly key: string; readonly text: string }[];
}

const target = z.object({ kind: z.array(z.string()), name: z.string(), src_path: z.string() });
const artifact = z.object({
  reason: z.literal('compiler-artifact'),
  target,
  profile: z.object({ test: z.boolean() }),
  filenames: z.array(z.string()),
  executable: z.string().nullish(),
});
const complaint = z.object({
  reason: z.literal('compiler-message'),
  target,
  message: z.object({ level: z.string(), rendered: z.string().nullish(), message: z.string() }),
});

/** What `--message-format=json` printed. A line that is not of cargo is passed over: build scripts print, too. */
export function readMessages(stdout: string, root: string): Reading {
  const programs: Built[] = [];
  const libraries: Built[] = [];
  const errors: { key: string; text: string }[] = [];
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{"reason":"compiler-')) continue;
    const value = parsed(line);
    const built = artifact.safeParse(value);
    if (built.success) {
      const { executable, filenames, profile } = built.data;
      const key = keyIn(built.data.target, root);
      if (executable && profile.test) programs.push({ key, program: basename(executable), sources: `${executable}.d` });
      const library = filenames.find((name) => /\.r(?:lib|meta)$/.test(name));
      if (!profile.test && library !== undefined) libraries.push({ key, program: '', sources: sourcesOf(library) });
      continue;
    }
    const said = complaint.safeParse(value);
    if (!said.success || !/^error/.test(said.data.message.level)) continue;
    const { rendered, message } = said.data.message;
    if (/^aborting due to/.test(message)) continue;
    errors.push({ key: keyIn(said.data.target, root), text: rendered ?? message });
  }
  return { programs, libraries, errors };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function keyIn({ kind, name, src_path }: z.infer<typeof target>, root: string): string {
  return keyOf({ file: relativePath(root, src_path), kind: kindOf({ kind, test: true }) ?? 'custom-build', name });
}

/** `libname-hash.rlib` has its list in `name-hash.d`. */
function sourcesOf(library: string): string {
  const name = basename(library)
    .replace(/^lib/, '')
    .replace(/\.r(?:lib|meta)$/, '');
  return join(dirname(library), `${name}.d`);
}
