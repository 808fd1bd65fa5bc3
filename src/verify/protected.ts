import ignore, { type Ignore } from 'ignore';
import type { Patch, TreeChange } from '../workspace/types.ts';

/**
 * What a fix must not touch whatever the runner, in gitignore syntax. Tests, their helpers and the runner's own
 * settings are added by the runner; people add to it or take from it (`!path`) with `PROTECTED_PATHS`.
 */
const protectedByDefault: readonly string[] = [
  // version control, hooks, continuous integration
  '.git*',
  '.hg/',
  '.svn/',
  '.husky/',
  '.githooks/',
  'hooks/pre-commit',
  'lefthook.y*ml',
  '.pre-commit-config.yaml',
  '.circleci/',
  '.travis.yml',
  '.buildkite/',
  'azure-pipelines.yml',
  'bitbucket-pipelines.yml',
  'Jenkinsfile',
  // settings of coding agents
  '.claude/',
  '.mcp.json',
  'CLAUDE*.md',
  'AGENTS.md',
  '.cursor/',
  '.cursorrules',
  '.aider*',
  '.vscode/',
  '.idea/',
  // secrets
  '.env*',
  '.npmrc',
  '.yarnrc*',
  '.netrc',
  '*.pem',
  '*.key',
  '*.p12',
  'id_rsa*',
  'id_ed25519*',
  // packages and their locks
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'bun.lock*',
  'bunfig.toml',
  'deno.lock',
  'deno.json*',
  'lerna.json',
  'node_modules/',
  '.pnp.*',
  'pyproject.toml',
  'setup.cfg',
  'requirements*.txt',
  'Pipfile*',
  'poetry.lock',
  'uv.lock',
  'go.mod',
  'go.sum',
  'go.work*',
  'Cargo.toml',
  'Cargo.lock',
  '.cargo/',
  'build.rs',
  'gradle.properties',
  // what Python takes from wherever it lies: compiled modules, and what names plugins
  '*.py[co]',
  '*.pth',
  '*.dist-info/',
  '*.egg-info/',
  // which version of a tool is used
  'rust-toolchain',
  'rust-toolchain.toml',
  '.python-version',
  '.node-version',
  '.nvmrc',
  '.tool-versions',
  'mise.toml',
  '.mise.toml',
  // compilers, linters, bundlers, task runners
  'tsconfig*.json',
  'jsconfig*.json',
  '.swcrc',
  '.babelrc*',
  'babel.config.*',
  'node.config.json',
  'vite.config.*',
  'postcss.config.*',
  '.postcssrc*',
  'tailwind.config.*',
  'svelte.config.*',
  'astro.config.*',
  'next.config.*',
  'nuxt.config.*',
  'webpack.config.*',
  'rollup.config.*',
  'eslint.config.*',
  '.eslintrc*',
  '.eslintignore',
  '.ignore',
  '.editorconfig',
  'biome.json*',
  '.biome.json*',
  '.golangci*',
  'clippy.toml',
  '.clippy.toml',
  '.prettierrc*',
  '.prettierignore',
  'prettier.config.*',
  'turbo.json',
  'nx.json',
  'Makefile',
  'makefile',
  'GNUmakefile',
  '*.mk',
  'tox.ini',
  'pytest.ini',
  '.pytest.ini',
  'pytest.toml',
  '.pytest.toml',
  'ruff.toml',
  '.ruff.toml',
  'mypy.ini',
  '.mypy.ini',
  '.nycrc*',
  '.c8rc*',
  'codecov.y*ml',
];

export interface GuardOptions {
  /** `PROTECTED_PATHS`, in gitignore syntax, on top of the default list; `!path` takes a path out again. */
  readonly extra: readonly string[];
  /** What the test runner protects: tests, helpers, snapshots, its settings. */
  readonly isProtected: (path: string) => boolean;
  readonly maxFiles?: number;
  readonly maxCharacters?: number;
}

/** Judges a patch by what it changes, whatever the model was allowed to do. Gives the reasons to refuse it. */
export function guardPatch(patch: Patch, options: GuardOptions): readonly string[] {
  const { maxFiles = 100, maxCharacters = 1_000_000 } = options;
  const ours = ignore().add([...protectedByDefault]);
  const theirs = ignore().add([...options.extra]);
  const reasons: string[] = [];
  if (patch.changes.length > maxFiles)
    return [`It changes ${patch.changes.length} files; at most ${maxFiles} are accepted.`];
  if (patch.text.length > maxCharacters) {
    reasons.push(`It has ${patch.text.length} characters; at most ${maxCharacters} are accepted.`);
  }
  for (const change of patch.changes) {
    const { path } = change;
    const isProtected =
      theirs.ignores(path) || (!isTakenOut(theirs, path) && (ours.ignores(path) || options.isProtected(path)));
    if (isProtected) reasons.push(`It ${verb(change)} ${path}, which is protected.`);
    const form = formReason(change);
    if (form !== undefined) reasons.push(form);
  }
  return reasons;
}

/** `!folder` takes out what is in the folder too; in gitignore syntax alone it would name only the folder itself. */
function isTakenOut(theirs: Ignore, path: string): boolean {
  const steps = path.split('/');
  return (
    theirs.test(path).unignored ||
    steps.some((_, index) => index > 0 && theirs.test(`${steps.slice(0, index).join('/')}/`).unignored)
  );
}

function verb({ kind }: TreeChange): string {
  return kind === 'added' ? 'adds' : kind === 'deleted' ? 'deletes' : 'changes';
}

function formReason({ path, kind, oldMode, newMode }: TreeChange): string | undefined {
  if (oldMode === '120000' || newMode === '120000')
    return `It ${kind === 'added' ? 'adds' : 'changes'} the link ${path}.`;
  if (oldMode === '160000' || newMode === '160000') return `It changes the nested repository ${path}.`;
  if (kind === 'modified' && oldMode !== newMode)
    return `It changes the mode of ${path} from ${oldMode} to ${newMode}.`;
  if (kind === 'added' && newMode !== '100644') return `It adds ${path} with mode ${newMode}.`;
  return undefined;
}
