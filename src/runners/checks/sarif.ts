import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { parseJson } from './parse.ts';
import type { Problem } from './types.ts';

const artifact = z.object({ uri: z.string().optional(), uriBaseId: z.string().optional() }).loose();
const sarifSchema = z.object({
  runs: z.array(
    z.object({
      originalUriBaseIds: z.record(z.string(), artifact).optional().catch(undefined),
      results: z
        .array(
          z.object({
            ruleId: z.string().optional(),
            level: z.string().optional(),
            kind: z.string().optional(),
            message: z.object({ text: z.string().optional(), markdown: z.string().optional() }).loose(),
            suppressions: z.array(z.object({ status: z.string().optional() }).loose()).nullish(),
            locations: z
              .array(
                z
                  .object({
                    physicalLocation: z
                      .object({
                        artifactLocation: artifact.optional(),
                        region: z
                          .object({ startLine: z.number().optional(), startColumn: z.number().optional() })
                          .loose()
                          .optional(),
                      })
                      .loose()
                      .optional(),
                  })
                  .loose(),
              )
              .nullish(),
          }),
        )
        .nullish(),
    }),
  ),
});
type Run = z.infer<typeof sarifSchema>['runs'][number];

/** The problems of a SARIF 2.1 log; undefined when it is none. Without a level, a result is a warning by the standard. */
export function readSarif(text: string): readonly Problem[] | undefined {
  const log = parseJson(text.replace(/^\uFEFF/, ''), sarifSchema);
  return log?.runs.flatMap((run) => (run.results ?? []).flatMap((result) => problemOf(result, run)));
}

function problemOf(result: NonNullable<Run['results']>[number], run: Run): readonly Problem[] {
  const { ruleId, level = 'warning', kind = 'fail', message, suppressions, locations } = result;
  const isSilenced = suppressions?.some(({ status = 'accepted' }) => status === 'accepted') === true;
  if (isSilenced || kind !== 'fail' || level === 'none' || level === 'note') return [];
  const place = locations?.[0]?.physicalLocation;
  return [
    {
      file: fileOf(place?.artifactLocation, run),
      line: place?.region?.startLine,
      column: place?.region?.startColumn,
      code: ruleId,
      message: message.text ?? message.markdown ?? 'no message',
      severity: level === 'error' ? 'error' : 'warning',
    },
  ];
}

function fileOf(location: z.infer<typeof artifact> | undefined, { originalUriBaseIds = {} }: Run): string {
  if (location?.uri === undefined) return '';
  const base = location.uriBaseId === undefined ? undefined : originalUriBaseIds[location.uriBaseId]?.uri;
  const uri =
    base?.startsWith('file:') === true && !/^[a-z]+:/i.test(location.uri) ? base + location.uri : location.uri;
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
