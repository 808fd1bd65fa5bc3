/** What tells a check to look away, or makes it look; with the check that heeds it, beside a command of one's own. */
export interface SuppressionMark {
  readonly pattern: RegExp;
  readonly files: RegExp;
  readonly check?: string;
  /** Of what it silences, where that is no check. */
  readonly what?: string;
}

const script = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|html)$/;
const web = /\.(?:[cm]?[jt]sx?|vue|svelte|astro|html|s?css|less|jsonc?|graphql|gql)$/;
const python = /\.(?:pyi?|ipynb)$/;
const java = /\.(?:java|kts?|scala|groovy)$/;
const ruby = /\.(?:rb|rake|gemspec)$/;
const php = /\.php$/;
const dotnet = /\.(?:cs|fs|vb|razor)$/;

/**
 * Where space is allowed, so is a new line. Words that are ordinary in sources (`skip`, `pending`, `@Ignore` of a field) are not
 * among them: tests are protected by their places, and one that no longer runs is missed anyhow.
 */
export const silencing: readonly SuppressionMark[] = [
  { pattern: /@ts-(?:ignore|expect-error|nocheck)\b/g, files: script, check: 'tsc' },
  {
    pattern:
      /\b(?:eslint|oxlint|tslint)[-:]disable|\/\*[\s*]*(?:eslint\s+[\w@/'"-]+\s*:|eslint-env\s|globals?\s|exported\s)/g,
    files: script,
    check: 'eslint',
  },
  { pattern: /\bbiome-ignore/g, files: web, check: 'biome' },
  { pattern: /\b(?:stylelint-disable|deno-lint-ignore)/g, files: web },
  {
    pattern: /#[ \t]*(?:(?:ruff|flake8)\s*:\s*)?noqa\b|#[ \t]*ruff\s*:\s*(?:disable|ignore)/gi,
    files: python,
    check: 'ruff',
  },
  { pattern: /#[ \t]*type:\s*ignore\b|#[ \t]*mypy:|@(?:typing\.)?no_type_check\b/g, files: python, check: 'mypy' },
  { pattern: /#[ \t]*(?:pyright|pylint|pyre)(?:\s*:|-)/g, files: python },
  { pattern: /\/\/\s*nolint\b|\/\/\s*lint:(?:file-)?ignore\b/g, files: /\.go$/, check: 'go-vet' },
  { pattern: /#!?\s*\[\s*(?:cfg_attr\s*\([^\]]*\b)?(?:allow|expect)\s*\(/g, files: /\.rs$/, check: 'clippy' },
  {
    pattern: /@(?:file:)?Suppress(?:Warnings|FBWarnings|Lint)?\s*\(|\bNOSONAR\b|\bCHECKSTYLE\s*:\s*OFF\b/g,
    files: java,
  },
  { pattern: /@Disabled(?!\w)|\borg\.junit\.Ignore\b/g, files: java, what: 'a test' },
  { pattern: /#[ \t]*(?:rubocop|standard|reek)\s*:\s*(?:disable|todo)\b|#[ \t]*:reek:/g, files: ruby },
  { pattern: /^[ \t]*x(?:it|describe|context|specify|example)\b/gm, files: ruby, what: 'a test' },
  {
    pattern:
      /@(?:phpstan-ignore|psalm-suppress|phan-suppress|codingStandardsIgnore|SuppressWarnings)|\bphpcs\s*:\s*(?:ignore|disable)/g,
    files: php,
  },
  { pattern: /\bmarkTest(?:Skipped|Incomplete)\s*\(/g, files: php, what: 'a test' },
  { pattern: /#pragma\s+warning\s+disable\b|\bSuppressMessage\s*\(|#nullable\s+disable\b/g, files: dotnet },
  {
    pattern:
      /\[\s*(?:Fact|Theory|Test|TestCase)\s*\([^\]]*\b(?:Skip|Ignore)\s*=|\bAssert\s*\.\s*(?:Ignore|Inconclusive)\s*\(/g,
    files: dotnet,
    what: 'a test',
  },
];

/** What makes a check look, so that without it there is silence: where a stretch of silence ends, and stricter levels. */
export const looking: readonly SuppressionMark[] = [
  { pattern: /(?:\/\/|\/\*)[\s*]*@ts-check\b/g, files: script, check: 'tsc' },
  { pattern: /\b(?:eslint|oxlint)-enable\b/g, files: script, check: 'eslint' },
  { pattern: /\bbiome-ignore-end\b/g, files: web, check: 'biome' },
  { pattern: /\bstylelint-enable\b/g, files: web },
  { pattern: /#[ \t]*ruff\s*:\s*enable/gi, files: python, check: 'ruff' },
  { pattern: /#[ \t]*mypy:/g, files: python, check: 'mypy' },
  { pattern: /#!?\s*\[\s*(?:deny|forbid|warn)\s*\(/g, files: /\.rs$/, check: 'clippy' },
  { pattern: /#[ \t]*rubocop\s*:\s*enable\b/g, files: ruby },
  { pattern: /\bphpcs\s*:\s*enable\b/g, files: php },
  { pattern: /#pragma\s+warning\s+restore\b|#nullable\s+enable\b/g, files: dotnet },
];
