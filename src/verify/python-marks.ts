import type { Mark } from './mark.ts';

/** How Python finds out that it is being tested, or bends what tests it. */
export const pythonMarks: readonly Mark[] = [
  { pattern: /\bPYTEST_\w+|\bMENDWATCH_\w+|\bHYPOTHESIS_\w+/, what: 'the variables of a test runner' },
  {
    pattern: /\bos\s*\.\s*(?:environb?|getenv|putenv)\b|\bfrom\s+os\s+import\b.*\b(?:environb?|getenv|putenv)\b/,
    what: 'the environment that the code runs in',
  },
  {
    pattern: /^\s*(?:import|from)\s+(?:_?pytest|pluggy|unittest|doctest|nose2?|hypothesis)\b/,
    what: 'the test runner as a module',
    isOfTests: true,
  },
  {
    pattern: /^\s*(?:import|from)\s+(?:mock|conftest|tests?)\b/,
    what: 'the test runner or the tests as a module',
  },
  {
    pattern: /\b(?:_?pytest\w*|unittest|pluggy|conftest|doctest)\b(?!-)/,
    what: 'the test runner or the tests by name',
  },
  {
    pattern: /\bsys\s*\.\s*(?:modules|argv|orig_argv|path|meta_path|path_hooks|exc_info|last_value|flags|gettrace)\b/,
    what: 'what else is loaded, or how it was started',
  },
  {
    pattern:
      /\bsys\s*\.\s*(?:_getframe|_current_frames|settrace|setprofile|excepthook|unraisablehook)\b|\binspect\s*\.\s*(?:stack|currentframe|getouterframes|trace)\b|\bf_(?:back|code|globals|locals)\b|\btb_frame\b|\btraceback\s*\.\s*(?:extract_stack|format_stack|print_stack|walk_stack)\b|\b(?:from\s+inspect\s+import)\b/,
    what: 'who called it (the stack)',
  },
  { pattern: /\b__(?:file|main|spec|loader|cached)__\b/, what: 'where it lies, or what loaded it' },
  {
    pattern: /\b__(?:eq|ne|instancecheck|subclasscheck|bool|contains|approx)__\b|\b__class__\s*=(?!=)/,
    what: 'how values are compared',
  },
  { pattern: /\bAssertionError\b|\bexcept\s+BaseException\b|\bexcept\s*:/, what: 'how tests fail' },
  {
    pattern:
      /\bimportlib\b|\b__import__\s*\(|\b(?:exec|eval|compile)\s*\(|\bcode\s*\.\s*(?:Interactive|interact)|\btypes\s*\.\s*(?:FunctionType|CodeType|ModuleType)\b|\b__(?:code|globals|closure|defaults)__\b/,
    what: 'code made from text, or modules by computed names',
  },
  {
    pattern: /\bbuiltins\b|\b__builtins__\b|\b(?:globals|locals|vars)\s*\(\s*\)|\bgc\s*\.\s*get_|\bctypes\b/,
    what: 'built-in functions, or what all modules share',
  },
  { pattern: /\b(?:set|del)attr\s*\(\s*(?!self\b)/, what: 'parts of others, to replace them' },
  {
    pattern:
      /\bos\s*\.\s*(?:_exit|abort|kill|fork|exec\w*|spawn\w*|system|popen)\b|\b(?:subprocess|multiprocessing|signal|atexit|faulthandler)\b/,
    what: 'other processes, or the one that it runs in',
  },
  { pattern: /^\s*def\s+test_|^\s*class\s+Test|^\s*(?:>>>|\.\.\.)\s/, what: 'the tests themselves' },
];
