import type { Mark } from './mark.ts';

/** How Go finds out that it is being tested, or bends what tests it. */
export const goMarks: readonly Mark[] = [
  {
    pattern: /^\s*(?:import\s+)?(?:[\w.]+\s+)?"(?:testing|[\w./-]*\/(?:testify|ginkgo|gomega)[\w./-]*)"/,
    what: 'the test runner as a package',
    isOfTests: true,
  },
  {
    pattern: /\btesting\s*\.|"testing(?:\/\w+)?"|\bflag\s*\.\s*Lookup\b|"test\.|\btestify\b|\bginkgo\b|\bgomega\b/,
    what: 'the test runner or the tests by name',
  },
  { pattern: /\bos\s*\.\s*(?:Args|Executable)\b|\bflag\s*\.\s*(?:Args|CommandLine)\b/, what: 'how it was started' },
  {
    pattern: /\bos\s*\.\s*(?:Getenv|LookupEnv|Environ|Setenv|ExpandEnv)\b|\bsyscall\s*\.\s*Getenv\b/,
    what: 'the environment that the code runs in',
  },
  {
    pattern:
      /\bruntime\s*\.\s*(?:Callers?|CallersFrames|FuncForPC|Stack|Goexit)\b|"runtime\/debug"|\bdebug\s*\.\s*(?:Stack|PrintStack|ReadBuildInfo)\b/,
    what: 'who called it (the stack)',
  },
  { pattern: /^\s*\/\/(?:go:(?!embed\b|generate\b)|\s*\+build\b|export\b)/, what: 'how it is compiled or linked' },
  { pattern: /"unsafe"|\bunsafe\s*\.|"plugin"|"syscall"|"C"/, what: 'the machine below' },
  {
    pattern: /\bos\s*\.\s*(?:Exit|Stdout|Stderr|NewFile|FindProcess)\b|"os\/(?:exec|signal)"|\bexec\s*\.\s*Command/,
    what: 'other processes, or the one that it runs in',
  },
  { pattern: /--- (?:PASS|FAIL|SKIP)|=== (?:RUN|CONT|PAUSE|NAME)|\\x16/, what: 'the words of the test runner' },
  { pattern: /\brecover\s*\(\s*\)/, what: 'how tests fail' },
  {
    pattern: /^\s*func\s+(?:Test|Benchmark|Fuzz|Example)(?![a-z])\w*\s*\(|\*testing\.[TMBF]\b/,
    what: 'the tests themselves',
  },
];
