import type { Channel } from './channel.ts';
import { slackMessage } from './slack-message.ts';
import { webhookDelivery } from './webhook.ts';
import { postJson, type Wire } from './wire.ts';

/** An incoming webhook takes about one message a second. */
const paceMs = 1_100;

export function slackChannel(url: string, wire: Wire): Channel {
  return {
    name: 'slack',
    paceMs,
    async deliver(message, signal) {
      const body = JSON.stringify(slackMessage(message));
      return webhookDelivery('Slack', await postJson(wire, url, body, {}, signal));
    },
  };
}
