/**
 * Loaded before each test file that Node runs in a process of its own. Who calls `process.exit(0)` takes the tests that
 * have not run yet along, and Node then calls the file green: here that becomes a failure of the file.
 */
let wentToItsEnd = false;
const { on } = process;

if (process.env.NODE_TEST_CONTEXT) {
  process.once('beforeExit', () => {
    wentToItsEnd = true;
  });
  on.call(process, 'exit', (code) => {
    // The test runner waits for the end of the process in the same way as soon as there is a test.
    if (wentToItsEnd || code !== 0 || process.listenerCount('beforeExit') < 2) return;
    process.stderr.write('The process was ended (process.exit) before all tests of the file had run.\n');
    process.exitCode = 1;
  });
}
