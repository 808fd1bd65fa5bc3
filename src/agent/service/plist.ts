import { askedLine, type ServiceFacts } from './facts.ts';

export const firstComment = '<!-- Made by `mendwatch service install`, which writes it again. -->';

export function labelOf({ id }: Pick<ServiceFacts, 'id'>): string {
  return `mendwatch.${id}`;
}

/** The property list for launchd of macOS, where nobody has tried it yet. */
export function plistText(facts: ServiceFacts): string {
  const { program, variables, shutdownGraceMs, nice, logFile } = facts;
  const entries: ReadonlyArray<readonly [key: string, value: string]> = [
    ['Label', text(labelOf(facts))],
    ['ProgramArguments', `<array>${[program.command, ...program.args].map(text).join('')}</array>`],
    [
      'EnvironmentVariables',
      `<dict>${Object.entries(variables)
        .map(([name, value]) => `<key>${escaped(name)}</key>${text(value)}`)
        .join('')}</dict>`,
    ],
    ['RunAtLoad', '<true/>'],
    ['KeepAlive', '<dict><key>SuccessfulExit</key><false/></dict>'],
    // A wrong configuration ends each start: launchd knows no exit codes that mean never.
    ['ThrottleInterval', '<integer>60</integer>'],
    ['ExitTimeOut', `<integer>${Math.ceil(shutdownGraceMs / 1_000) + 45}</integer>`],
    ['ProcessType', text('Background')],
    ['LowPriorityIO', '<true/>'],
    ['Nice', `<integer>${nice}</integer>`],
    ['StandardOutPath', text('/dev/null')],
    ['StandardErrorPath', text(`${logFile}.errors`)],
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    firstComment,
    `<!-- ${askedLine(facts.asked)} -->`,
    '<plist version="1.0">',
    '<dict>',
    ...entries.map(([key, value]) => `  <key>${key}</key>${value}`),
    '</dict>',
    '</plist>',
    '',
  ].join('\n');
}

function text(value: string): string {
  return `<string>${escaped(value)}</string>`;
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
