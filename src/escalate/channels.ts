import type { Channel } from './channel.ts';
import { emailChannel } from './email.ts';
import { githubChannel } from './github.ts';
import { slackChannel } from './slack.ts';
import type { Wire } from './wire.ts';

export interface ChannelSettings {
  readonly githubToken: string | undefined;
  readonly githubRepo: string | undefined;
  readonly githubApiUrl: string;
  readonly slackWebhookUrl: string | undefined;
  readonly emailWebhookUrl: string | undefined;
  readonly emailWebhookSecret: string | undefined;
}

/** The channels that are set up. */
export function openChannels(
  settings: ChannelSettings,
  origin: () => Promise<string | undefined>,
  wire: Wire,
): readonly Channel[] {
  const { githubToken: token, githubRepo: repository, githubApiUrl: apiUrl } = settings;
  const { slackWebhookUrl, emailWebhookUrl, emailWebhookSecret: secret } = settings;
  return [
    ...(token === undefined ? [] : [githubChannel({ token, repository, apiUrl, origin, wire, throttled: true })]),
    ...(slackWebhookUrl === undefined ? [] : [slackChannel(slackWebhookUrl, wire)]),
    ...(emailWebhookUrl === undefined ? [] : [emailChannel({ url: emailWebhookUrl, secret }, wire)]),
  ];
}
