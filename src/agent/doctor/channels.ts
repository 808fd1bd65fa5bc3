import { systemClock } from '../../clock.ts';
import { type ChannelExamination, examineGithub, examineWebhook } from '../../escalate/examine.ts';
import { type Check, type Finding, skipped } from './check.ts';
import type { Given } from './given.ts';

/** Each is asked once, in a way that tells nobody anything and changes nothing. */
export function channelChecks(given: Given): readonly Check[] {
  return [githubCheck(given), webhookCheck(given, 'slack'), webhookCheck(given, 'email')];
}

function githubCheck({ config, times, survey }: Given): Check {
  return {
    name: 'github',
    look: async (signal) => {
      const { githubToken: token, githubRepo: repository, githubApiUrl: apiUrl } = config;
      if (token === undefined) return skipped('no GITHUB_TOKEN: no issues are opened');
      const time = times.expect('GitHub');
      try {
        const origin = async () => (await survey()).origin;
        const wire = { fetch, clock: systemClock };
        const found = await examineGithub({ token, repository, apiUrl, origin, wire, throttled: true }, signal);
        time.heard(found.date);
        return findingOf(found);
      } finally {
        time.heard(undefined);
      }
    },
  };
}

const webhooks = {
  slack: { setting: 'SLACK_WEBHOOK_URL', field: 'slackWebhookUrl', service: 'Slack' },
  email: { setting: 'EMAIL_WEBHOOK_URL', field: 'emailWebhookUrl', service: 'The e-mail webhook' },
} as const;

function webhookCheck({ config }: Given, name: keyof typeof webhooks): Check {
  const { setting, field, service } = webhooks[name];
  return {
    name,
    look: async (signal) => {
      const address = config[field];
      if (address === undefined) return skipped(`no ${setting}: nothing is sent there`);
      return findingOf(await examineWebhook(address, service, signal));
    },
  };
}

function findingOf({ state, detail, remedy }: ChannelExamination): Finding {
  return { state, detail, ...(remedy === undefined ? {} : { remedy }) };
}
