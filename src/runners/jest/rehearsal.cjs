/** What `warm.mjs` runs before anything of the project, so that all that a test needs has been loaded. */
test('nothing', () => undefined);
