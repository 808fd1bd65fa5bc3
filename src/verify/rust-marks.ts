import type { Mark } from './mark.ts';

/** How Rust finds out that it is being tested, or bends what tests it. */
export const rustMarks: readonly Mark[] = [
  { pattern: /\bcfg!?\s*\(.*\btest\b|\bcfg_attr\s*\(.*\btest\b/, what: 'whether it is compiled for tests' },
  { pattern: /\bcfg!?\s*\(.*\b(?:debug_assertions|doctest|panic)\b/, what: 'how it is compiled' },
  { pattern: /\bRUST_TEST|\bNEXTEST|\bCARGO_/, what: 'the variables of a test runner' },
  {
    pattern: /\b(?:option_)?env!\s*\(|\benv\s*::\s*(?:var|vars|set_var)/,
    what: 'the environment that the code runs in',
  },
  { pattern: /\bcurrent_exe\b|\benv\s*::\s*args|\bargs_os\b/, what: 'the program that it runs in' },
  { pattern: /\bthread\s*::\s*current\b/, what: 'the thread that it runs in, which is named after its test' },
  {
    pattern: /\bbacktrace\b|\bBacktrace\b|\bLocation\s*::\s*caller\b|#\[track_caller\]/,
    what: 'who called it (the stack)',
  },
  {
    pattern: /\b(?:set|take)_hook\b|\bcatch_unwind\b|\bresume_unwind\b|\bthread\s*::\s*panicking\b/,
    what: 'how tests fail',
  },
  { pattern: /\bprocess\s*::\s*(?:exit|abort|Command)\b|\blibc\s*::|\bsyscall\b/, what: 'the process that it runs in' },
  {
    pattern: /#\[\s*(?:\w+\s*::\s*)*test\b|#!?\[\s*(?:ignore|should_panic|test_runner)\b/,
    what: 'the tests themselves',
  },
  {
    pattern: /\bmacro_rules!\s*(?:assert|panic|unreachable|debug_assert|matches|vec)/,
    what: 'built-in macros, to replace them',
  },
  {
    pattern: /#\[\s*(?:no_mangle|unsafe\s*\(\s*no_mangle|link_section|ctor|global_allocator|export_name|path\s*=)/,
    what: 'how it is linked',
  },
  { pattern: /\btest\s+result:|\.\.\.\s+ok\b/, what: 'the words of the test runner' },
];
