/** For the environment of our own command in a process of its own: half of its start is compiling our sources. */
export const compiled: Readonly<Record<string, string>> =
  process.env.COMPILED_FOLDER === undefined ? {} : { NODE_COMPILE_CACHE: process.env.COMPILED_FOLDER };
