import { z } from 'zod';
import type { RawConfig } from '../javascript/raw-run.ts';

const many = z.array(z.string()).catch([]);
const one = z.string().nullish().catch(undefined);
const shown = z.object({
  configs: z.array(
    z.object({
      rootDir: z.string(),
      roots: many,
      testMatch: many,
      testRegex: many,
      testPathIgnorePatterns: many,
      setupFiles: many,
      setupFilesAfterEnv: many,
      snapshotSerializers: many,
      globalSetup: one,
      globalTeardown: one,
      testEnvironment: one,
      resolver: one,
    }),
  ),
});

/** What `jest --showConfig` says of each project. What a settings file prints stands before it. */
export function shownSettings(stdout: string): readonly RawConfig[] {
  try {
    const { configs } = shown.parse(JSON.parse(stdout.slice(stdout.search(/^\{/m))));
    return configs.map(({ rootDir, roots, testMatch, testRegex, testPathIgnorePatterns: ignored, ...support }) => {
      const named = Object.values(support).flat();
      return {
        rootDir,
        ...{ roots, testMatch, testRegex, ignored },
        support: named.filter((path) => typeof path === 'string'),
        tools: [],
      };
    });
  } catch {
    return [];
  }
}
