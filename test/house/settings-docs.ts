import type { Setting } from '../../src/config/setting.ts';
import { settingList } from '../../src/config/settings.ts';

const head = `# Settings of Mendwatch. Copy this file to .env (in a project that has Mendwatch installed: to .env.mendwatch) and
# take the # away in front of what you want to set. The environment wins over this file; an empty value means not set.
# Made by \`npm run docs\`.
`;

/** The text of `.env.example`. */
export function renderEnvExample(): string {
  const entries = settingList.map(([name, setting]) => {
    const line = `${name}=${setting.default ?? setting.example}`;
    return `\n# ${setting.description}\n# Default: ${defaultOf(setting)}\n${name === 'PROJECT_ROOT' ? '' : '# '}${line}\n`;
  });
  return head + entries.join('');
}

/** The table between the markers of the README. */
function renderReadmeTable(): string {
  const rows = settingList.map(
    ([name, setting]) =>
      `| \`${name}\` | ${cell(setting.description)} | ${cell(defaultOf(setting))} | \`${cell(setting.example)}\` |`,
  );
  return ['| setting | what it does | default | example |', '|---|---|---|---|', ...rows].join('\n');
}

/** The README with the table put between its markers; undefined where the markers are missing. */
export function withSettingsTable(readme: string): string | undefined {
  const markers = /(<!-- settings -->\n)[\s\S]*(<!-- \/settings -->)/;
  return markers.test(readme)
    ? readme.replace(markers, (_, begin, end) => `${begin}${renderReadmeTable()}\n${end}`)
    : undefined;
}

function defaultOf(setting: Setting<unknown>): string {
  return setting.default ?? setting.otherwise ?? 'none';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
