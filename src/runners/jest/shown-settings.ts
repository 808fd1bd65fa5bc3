import { z } from 'zod';
import type { RawConfig } from '../javascript/raw-run.ts';

const many = z.array(z.string()).catch([]);
const one = z.string().nullish().catch(undefined);
const mapping = z.tuple([z.string(), z.union([z.string().transform((one) => [one]), z.array(z.string())])]);
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
      moduleNameMapper: z.array(mapping).catch([]),
    }),
  ),
});

/** What `jest --showConfig` says of each project. What a settings file prints stands before it. */
export function shownSettings(stdout: string): readonly RawConfig[] {
  try {
    const { configs } = shown.parse(JSON.parse(stdout.slice(stdout.search(/^\{/m))));
    return configs.map((config) => {
      const {
        rootDir,
        roots,
        testMatch,
        testRegex,
        testPathIgnorePatterns: ignored,
        moduleNameMapper,
        ...support
      } = config;
      const named = Object.values(support).flat();
      return {
        rootDir,
        ...{ roots, testMatch, testRegex, ignored },
        mappings: moduleNameMapper.map(([name, targets]) => ({ name, isPattern: true, targets })),
        support: named.filter((path) => typeof path === 'string'),
        tools: [],
      };
    });
  } catch {
    return [];
  }
}
