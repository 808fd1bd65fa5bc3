import { createHmac } from 'node:crypto';
import type { Channel } from './channel.ts';
import { emailPayload } from './email-message.ts';
import { webhookDelivery } from './webhook.ts';
import { postJson, type Wire } from './wire.ts';

const paceMs = 1_000;

export interface EmailOptions {
  readonly url: string;
  /** Signs each call; without it calls are not signed. */
  readonly secret: string | undefined;
}

export function emailChannel({ url, secret }: EmailOptions, wire: Wire): Channel {
  return {
    name: 'email',
    paceMs,
    async deliver(message, signal) {
      const body = JSON.stringify(emailPayload(message));
      const timestamp = String(Math.floor(wire.clock.now() / 1_000));
      const headers = {
        'idempotency-key': message.key,
        'x-mendwatch-timestamp': timestamp,
        ...(secret === undefined ? {} : { 'x-mendwatch-signature': signature(secret, timestamp, body) }),
      };
      return webhookDelivery('The e-mail webhook', await postJson(wire, url, body, headers, signal));
    },
  };
}

/** Of `<timestamp>.<body>`: an old call cannot be sent again under a new time. */
function signature(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}
