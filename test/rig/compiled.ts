/** For the environment of our own command in a process of its own: half of its start is compiling our sources. */
export const compiled: Readonly<Record<string, string>> =
  process.env.NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };
