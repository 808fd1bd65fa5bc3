import { existsSync } from 'node:fs';
import type { Config } from '../config/types.ts';

/** What a person should know before leaving it running, and what is assumed where nothing was set. */
export function whatToKnow(config: Config): readonly string[] {
  const { watchPaths, settingsFile, autoFixEnabled } = config;
  const isWhole = watchPaths.length === 1 && watchPaths[0] === '.';
  return [
    `Watched: ${isWhole ? 'the whole project' : watchPaths.join(', ')}.`,
    ...(autoFixEnabled ? ofFixes(config) : ['Regressions are reported; no model is called.']),
    reportLine(config),
    ...(existsSync(settingsFile)
      ? []
      : ['No settings file: what is not in the environment is assumed. `mendwatch init` makes one.']),
  ];
}

function ofFixes({ land, maxCostPerTaskUsd, maxCostPerDayUsd, maxRetries }: Config): readonly string[] {
  const landing = land === 'apply' ? 'then put into your files' : 'then kept as patches';
  return [
    'When a save turns a green test red, the change, the failing tests and files that Claude reads go to Claude.',
    `Fixes are proven by your tests, run with your rights on patches that nobody has reviewed, in a copy of the project; ${landing}.`,
    `Spending limit: $${maxCostPerTaskUsd} a task, $${maxCostPerDayUsd} a day, ${maxRetries} attempts.`,
  ];
}

function reportLine({ autoFixEnabled, githubToken, githubRepo, slackWebhookUrl, emailWebhookUrl }: Config): string {
  const channels = [
    ...(githubToken === undefined ? [] : [`GitHub (${githubRepo ?? "the project's origin"})`]),
    ...(slackWebhookUrl === undefined ? [] : ['Slack']),
    ...(emailWebhookUrl === undefined ? [] : ['e-mail']),
  ];
  if (channels.length > 0) return `Reports, with parts of your code, go to ${channels.join(', ')}.`;
  return autoFixEnabled ? 'Reports stay on this machine.' : 'Reports stay on this machine, too: nothing leaves it.';
}
