import { expect, onTestFinished, test } from 'vitest';
import { GitHubServer } from '../rig/github-server.ts';
import { setStage } from '../rig/set-stage.ts';
import { WebhookServer } from '../rig/webhook-server.ts';

const key = 'pay_0123456789abcdef0123456789abcdef';

test('ESC-1: ESC-2: ESC-4: the real agent opens an issue at the origin of the project, without its secrets, and closes it', {
  timeout: 180_000,
}, async () => {
  const github = await new GitHubServer().start();
  const slack = await new WebhookServer().start();
  const email = await new WebhookServer().start();
  for (const server of [github, slack, email]) onTestFinished(() => server.close());
  const stage = await setStage({
    cold: true,
    files: { '.env': `PAY_KEY=${key}\n` },
    settings: {
      AUTO_FIX_ENABLED: 'false',
      GITHUB_TOKEN: github.token,
      GITHUB_API_URL: github.url,
      SLACK_WEBHOOK_URL: slack.url,
      EMAIL_WEBHOOK_URL: email.url,
      EMAIL_WEBHOOK_SECRET: 'a-key-that-signs',
    },
  });
  await stage.git('remote', 'add', 'origin', `http://127.0.0.1/${github.repository}.git`);
  await stage.start();
  await stage.until('baseline.made');
  const whole = await stage.read('src/money.ts');
  await stage.edit('src/money.ts', 'Math.round((amount', `Math.floor('${key} @someone'.length * 0 + (amount`);
  for (const channel of ['github', 'slack', 'email']) {
    await stage.until('escalation.sent', (event) => event.channel === channel);
  }
  expect(github.issues).toMatchObject([
    { state: 'open', title: expect.stringContaining('red'), labels: ['mendwatch', 'broken-test'] },
  ]);
  expect(github.issues[0]?.body).toContain('src/money.ts');
  expect(github.issues[0]?.body).toContain('[secret] @someone');
  const sent = [...github.requests, ...slack.received, ...email.received];
  expect(sent.map(({ body }) => body).join('\n')).not.toContain(key);

  await stage.save('src/money.ts', whole);
  await stage.until('escalation.sent', (event) => event.channel === 'github' && event.event === 'resolved');
  expect(github.issues).toMatchObject([{ state: 'closed' }]);
});
