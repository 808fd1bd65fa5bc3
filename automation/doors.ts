import type { OtherDoors } from '../src/cli/entry.ts';

/** The doors that the command line does not know by itself. Each is loaded when it is opened. */
export const doors: OtherDoors = {
  serve: async (tell) =>
    (await import('../src/server/serve.ts')).runServe(
      async (parts) => new (await import('../src/mcp/http.ts')).HttpDoor(parts),
      tell,
    ),
  mcp: async () => (await import('../src/mcp/stdio.ts')).runMcp(),
};
