/** For people, and for tools that no test asks. */
const texts =
  /\.(?:md|rst|adoc|png|jpe?g|gif|svg|ico|webp|pdf|ipynb|code-workspace)$|(?:^|\/)(?:LICEN[CS]E|AUTHORS|CHANGELOG|CODEOWNERS|Dockerfile|Makefile|\.gitignore|\.gitattributes|\.editorconfig|\.dockerignore)$|(?:^|\/)\.(?:github|gitlab|vscode|idea|claude|cursor)\//;

const withTests = /(?:^|\/)(?:tests?|testdata|fixtures|golden|snapshots|__tests__)\//;

/** Sources of a language, and the files of its package managers and compilers. */
const languages = {
  javascript:
    /\.(?:[cm]?[jt]sx?|vue|svelte|astro|s?css|less)$|(?:^|\/)(?:package(?:-lock)?\.json|[tj]sconfig[\w.-]*\.json|yarn\.lock|pnpm-[\w-]+\.yaml|bun\.lockb?|biome\.jsonc?|\.(?:eslint|prettier|babel|npm|mocha)rc[\w.]*)$/,
  python:
    /\.pyi?$|(?:^|\/)(?:pyproject\.toml|setup\.cfg|tox\.ini|poetry\.lock|uv\.lock|Pipfile(?:\.lock)?|requirements[\w.-]*\.txt)$/,
  go: /\.go$|(?:^|\/)go\.(?:mod|sum|work|work\.sum)$/,
  rust: /\.rs$|(?:^|\/)Cargo\.(?:toml|lock)$/,
  others: /\.(?:java|kts?|scala|groovy|gradle|rb|php|swift|cs|ex|exs|erl|hs|lua|pl)$/,
} as const;

/**
 * Whether a change of this path may matter to tests in a language: its own sources, and everything of which nobody knows who
 * reads it. Texts for people and other languages' sources do not.
 */
export function mattersTo(language: keyof typeof languages, path: string): boolean {
  // What lies with tests is their data, whatever it looks like.
  if (languages[language].test(path) || withTests.test(path)) return true;
  return !texts.test(path) && !Object.values(languages).some((sources) => sources.test(path));
}

/** Whether this path is a source, or a file of package managers and compilers, in a language that is known here. */
export function isSource(path: string): boolean {
  return Object.values(languages).some((sources) => sources.test(path));
}
