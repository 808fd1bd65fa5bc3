import type { KeepOut } from '../agent/init/keep-out.ts';
import type { Survey } from '../agent/init/survey.ts';
import { inOneLine } from './line.ts';
import { count } from './quantities.ts';

/** What was done. */
export interface Outcome {
  /** Added to the settings file. */
  readonly lines: readonly string[];
  readonly changed: boolean;
  readonly keeping: KeepOut['kind'];
  readonly ignoreFile: string | undefined;
}

export function foundLines({
  config,
  repository,
  github,
  packageManager,
  packages,
  tests,
  testScript,
}: Survey): string[] {
  const { installed, projectRoot, settingsFile } = config;
  const origin = github === undefined ? 'no origin at GitHub' : `GitHub ${github}`;
  const script = testScript === undefined ? '' : ` (npm test: ${inOneLine(testScript)})`;
  return [
    `Mendwatch in ${projectRoot}`,
    `  git       ${repository === undefined ? 'no repository: it works all the same, without branches and an origin to tell' : origin}`,
    `  packages  ${packageManager ?? 'no package manager found'}${packages === 0 ? '' : `, ${count(packages, 'package')} in the workspace`}`,
    `  tests     ${tests.runner === undefined ? 'none that can be run' : `${tests.description}${script}`}`,
    ...(tests.runner === undefined ? [`            ${tests.reason}`, `            ${tests.remedy}`] : []),
    `  settings  ${settingsFile}${installed ? '' : ' (this clone of Mendwatch watches one project)'}`,
    '',
  ];
}

export function outcomeLines({ config }: Survey, { lines, changed, keeping, ignoreFile }: Outcome): string[] {
  const { settingsFile } = config;
  const wrote =
    lines.length > 0
      ? [`Written to ${settingsFile}, which only you can read:`, ...lines.map((line) => `  ${line}`)]
      : [];
  const rights = lines.length === 0 && changed ? [`Only you can read ${settingsFile} now.`] : [];
  const ignored = ignoreFile === undefined ? [] : [`Added to ${ignoreFile}, so that it is not committed.`];
  const all = [...wrote, ...rights, ...ignored];
  return [
    ...(all.length === 0 ? ['Everything is set up already; nothing was changed.'] : all),
    ...(keeping === 'tracked'
      ? [`! ${settingsFile} is in git. Before you put keys into it: git rm --cached ${settingsFile}`]
      : []),
  ];
}

export function nextLines({ config, tests }: Survey): string[] {
  const { autoFixEnabled, apiKey, githubToken, slackWebhookUrl, emailWebhookUrl } = config;
  const isTold = (githubToken ?? slackWebhookUrl ?? emailWebhookUrl) !== undefined;
  return [
    '',
    'Next:',
    ...(tests.runner === undefined
      ? ['  Tests: see above. Until then `execute`, `serve` and `mcp` work, `start` does not.']
      : []),
    ...(autoFixEnabled && apiKey === undefined
      ? ['  Claude: log in once with `claude`, or set ANTHROPIC_API_KEY.']
      : []),
    ...(isTold ? [] : ['  Reports: none are sent; set GITHUB_TOKEN, SLACK_WEBHOOK_URL or EMAIL_WEBHOOK_URL.']),
    ...(tests.runner === undefined ? [] : [`  Start: ${startCommand(config)}`]),
  ];
}

function startCommand({ installed, packageRoot, projectRoot }: Survey['config']): string {
  if (!installed) return 'npm run automation:start';
  const isOnPath = !packageRoot.startsWith(projectRoot) && !packageRoot.includes('_npx');
  return isOnPath ? 'mendwatch start' : 'npx mendwatch start';
}

export function outcomeRecord(found: Survey, { lines, changed, keeping, ignoreFile }: Outcome): object {
  const { config, repository, github, packageManager, packages, tests, testScript } = found;
  return {
    project: config.projectRoot,
    installed: config.installed,
    repository: repository?.topLevel ?? null,
    github: github ?? null,
    package_manager: packageManager ?? null,
    workspace_packages: packages,
    tests,
    test_script: testScript ?? null,
    settings_file: config.settingsFile,
    added: lines,
    changed: changed || ignoreFile !== undefined,
    ignored: keeping === 'ignored' || ignoreFile !== undefined,
    ignore_file: ignoreFile ?? null,
    start: startCommand(config),
  };
}
