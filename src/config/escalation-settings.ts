import type { Setting } from './setting.ts';
import { address, repositoryName, secret } from './values.ts';

/** Where people are told what could not be mended. */
export const escalationSettings = {
  GITHUB_TOKEN: {
    schema: secret(),
    otherwise: 'no issues are opened',
    description: 'Token that may write issues; what cannot be mended becomes an issue.',
    example: 'github_pat_...',
    secret: true,
  },
  GITHUB_REPO: {
    schema: repositoryName(),
    otherwise: "the project's origin",
    description: 'The repository that gets the issues.',
    example: 'me/shop',
  },
  GITHUB_API_URL: {
    schema: address(),
    default: 'https://api.github.com',
    description: 'The API of GitHub; of GitHub Enterprise its address with /api/v3.',
    example: 'https://github.example.com/api/v3',
  },
  SLACK_WEBHOOK_URL: {
    schema: address(),
    otherwise: 'no messages are sent',
    description: 'Incoming webhook of Slack for what cannot be mended.',
    example: 'https://hooks.slack.com/services/T000/B000/XXXX',
    secret: true,
  },
  EMAIL_WEBHOOK_URL: {
    schema: address(),
    otherwise: 'no mail is sent',
    description: 'Webhook that sends e-mail; it gets the report as JSON.',
    example: 'https://mail.example.com/hooks/mendwatch',
    secret: true,
  },
  EMAIL_WEBHOOK_SECRET: {
    schema: secret(),
    otherwise: 'calls are not signed',
    description: 'Key that signs the calls of the e-mail webhook (HMAC-SHA256).',
    example: 'a-long-random-text',
    secret: true,
  },
} satisfies Record<string, Setting<unknown>>;
