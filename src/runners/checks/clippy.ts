import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Finding } from '../types.ts';
import { checkRunner } from './check-runner.ts';
import { firstThatRuns, nothingFound, unusable } from './find-tool.ts';
import { noReport, parseJson } from './parse.ts';
import { settingsFiles, settingsWith } from './settings-files.ts';
import type { CheckFamily, CheckSearch, Looked, Problem } from './types.ts';

const sources = /(?:\.rs|(?:^|\/)Cargo\.(?:toml|lock))$/;
/** Cargo goes on behind a crate that fails, from this minor version on. It need not be the one that clippy was made with. */
const keepGoingMinor = 74;
const unreadableSettings = "error reading Clippy's configuration file";
const lints = /^\s*\[(?:workspace\.)?lints\.clippy\]/m;

const span = z.object({
  file_name: z.string(),
  line_start: z.number(),
  column_start: z.number(),
  is_primary: z.boolean(),
});
const lineSchema = z.object({
  reason: z.string(),
  success: z.boolean().optional(),
  message: z
    .object({
      level: z.string(),
      message: z.string(),
      rendered: z.string().nullish(),
      code: z.object({ code: z.string() }).nullish(),
      spans: z.array(span),
    })
    .optional()
    .catch(undefined),
});

/** One for each crate or workspace that is inside no other. */
export const clippy: CheckFamily = { name: 'clippy', find };

async function find(search: CheckSearch): Promise<readonly Finding[]> {
  const manifests = search.files.filter((file) => /(?:^|\/)Cargo\.toml$/.test(file));
  const settings = await settingsWith(search, settingsFiles.clippy, ['Cargo.toml'], lints);
  if (manifests.length === 0 || (settings.size === 0 && !search.isAsked))
    return nothingFound(search, 'clippy', 'Cargo.toml');
  const cargo = await firstThatRuns(search, [{ command: 'cargo', args: [] }]);
  const tool = await firstThatRuns(search, [{ command: 'cargo', args: ['clippy'] }]);
  if (cargo === undefined || tool === undefined) {
    const reason = 'The check clippy is asked for but `cargo clippy` cannot be run.';
    return [unusable('', reason, 'Install it: rustup component add clippy')];
  }
  const goesOn = Number(cargo.version.split('.')[1]) >= keepGoingMinor;
  const onwards = goesOn ? ['--keep-going'] : [];
  const folders = await workspaces(search.root, manifests);
  return folders.map((folder): Finding => {
    const runner = checkRunner({
      check: 'clippy',
      folder,
      version: tool.version,
      what: '',
      wants: (path) => sources.test(path),
      isSettings: (path) => settingsFiles.clippy.test(path) || settings.has(path),
      // Built anew each time: what cargo takes for fresh it knows by times, which mean nothing in a lane.
      commands: async ({ reportFolder }) => [
        {
          command: 'cargo',
          args: ['clippy', '--workspace', '--all-targets', ...onwards, '--offline', '--message-format=json'],
          env: { CARGO_TARGET_DIR: join(reportFolder, 'clippy'), CARGO_TERM_COLOR: 'never' },
        },
      ],
      read: ({ code, stdout, stderr }) => readClippy(code, stdout, stderr, goesOn),
    });
    return { kind: 'runner', folder, runner };
  });
}

/** Folders with a manifest that lie in no folder of a workspace. */
async function workspaces(root: string, manifests: readonly string[]): Promise<readonly string[]> {
  const folders = manifests.map((file) => file.split('/').slice(0, -1).join('/'));
  const texts = await Promise.all(manifests.map((file) => readFile(join(root, file), 'utf8').catch(() => '')));
  const roots = folders.filter((_, at) => /^\s*\[workspace\]/m.test(texts[at] ?? ''));
  const isBelow = (folder: string, other: string) =>
    other !== folder && (other === '' || folder.startsWith(`${other}/`));
  return folders.filter((folder) => !roots.some((other) => isBelow(folder, other)));
}

/**
 * One object of JSON in a line; `build-finished` is its last. Errors are what the project's own lint levels make of them.
 * Where code does not compile the lints did not look.
 */
export function readClippy(code: number, stdout: string, stderr: string, goesOn: boolean): Looked {
  const lines = stdout.split('\n').flatMap((text) => parseJson(text, lineSchema) ?? []);
  const end = lines.find(({ reason }) => reason === 'build-finished');
  if (end === undefined || (end.success === true) !== (code === 0)) return noReport('clippy', code, stderr);
  const messages = lines.flatMap(({ message }) => message ?? []);
  const settings = messages.find(({ message }) => message.startsWith(unreadableSettings));
  if (settings !== undefined) return noReport('clippy', code, settings.message);
  const problems = messages.flatMap(problemOf);
  // As when a script that builds has failed: what is only a warning is not the reason.
  if (code !== 0 && !problems.some(({ severity }) => severity === 'error')) return noReport('clippy', code, stderr);
  const isWhole = code === 0 || (goesOn && problems.every((each) => each.severity !== 'error' || isLint(each.code)));
  return { kind: 'problems', problems, ...(isWhole ? {} : { unread: 'all' }) };
}

const isLint = (code: string | undefined): boolean => code !== undefined && !/^E\d{4}$/.test(code);

function problemOf({
  level,
  message,
  rendered,
  code,
  spans,
}: NonNullable<z.infer<typeof lineSchema>['message']>): readonly Problem[] {
  const at = spans.find(({ is_primary }) => is_primary);
  if ((level !== 'error' && level !== 'warning') || at === undefined) return [];
  // Its own text begins with the message.
  const shown = (rendered ?? '').split('\n').slice(1).join('\n').trimEnd();
  const place = { file: at.file_name, line: at.line_start, column: at.column_start };
  return [{ ...place, code: code?.code, message: `${message}\n${shown}`, severity: level }];
}
