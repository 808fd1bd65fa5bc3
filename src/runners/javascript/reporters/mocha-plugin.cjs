/**
 * Required by mocha (8 and later) before its tests, also in its workers: a file that cannot be loaded is one red test and
 * does not end the run, only the wanted files are loaded, and nobody ends the process in the middle.
 */
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const { mocha: folder, wanted, loadTitle } = JSON.parse(readFileSync(join(__dirname, 'plugin.json'), 'utf8'));
const loaded = require(folder);
// From version 12 on it is a module, which Node 20 gives as what it exports.
const Mocha = typeof loaded === 'function' ? loaded : loaded.default;
const isWanted = wanted && new Set(wanted);
const filesOf = new WeakMap();
const { loadFilesAsync, run } = Mocha.prototype;

Object.defineProperty(Mocha.prototype, 'files', {
  configurable: true,
  get() {
    return filesOf.get(this);
  },
  set(files) {
    filesOf.set(this, isWanted ? files.filter((file) => isWanted.has(file)) : files);
  },
});

Mocha.prototype.loadFilesAsync = async function (...args) {
  const files = this.files;
  for (const file of files) {
    this.files = [file];
    const leave = keepRunning();
    try {
      await loadFilesAsync.apply(this, args);
    } catch (error) {
      replaceTests(this, file, error);
    } finally {
      leave();
    }
  }
  this.files = files;
};

Mocha.prototype.run = function (...args) {
  const leave = keepRunning();
  return run.apply(this, args).on('end', leave);
};

function replaceTests({ suite }, file, error) {
  suite.suites = suite.suites.filter((each) => each.file !== file);
  suite.tests = suite.tests.filter((each) => each.file !== file);
  const test = new Mocha.Test(loadTitle, () => {
    throw error;
  });
  test.file = file;
  suite.addTest(test);
}

/** Until the function that it gives is called, ending the process is an error of who does it. */
function keepRunning() {
  const { exit } = process;
  process.exit = (code) => {
    throw new Error(`process.exit unexpectedly called with "${code ?? ''}"`);
  };
  const ours = process.exit;
  return () => {
    if (process.exit === ours) process.exit = exit;
  };
}
