/*
 * Made up, each in the form of its kind. They are put together here, since a whole one in a source file is what every
 * scanner of repositories looks for.
 */

const letters = 'Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0LzXcVbNmQaWsEdRfTgYhUjIkOlP'.repeat(4);
const hex = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(4);
const take = (count: number, from = letters): string => from.slice(0, count);
const upper = 'QZ7XW3EC5RV2TB4YN6UM'.repeat(2);
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const body = Array.from({ length: 6 }, (_, at) => take(64, letters.slice(at * 7) + letters)).join('\n');

const encryptedKey = (cipher: string): string =>
  `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ${cipher},${take(32, hex).toUpperCase()}\n\n${body}\n-----END RSA PRIVATE KEY-----`;

/** Secrets by their kind: what must not be seen of them. */
export const samples: Readonly<Record<string, string>> = {
  'a token of GitHub': `ghp_${take(36)}`,
  'a fine-grained token of GitHub': `github_pat_${take(22)}_${take(59)}`,
  'a token of GitLab': `glpat-${take(20)}`,
  'a key of Anthropic': `sk-ant-api03-${take(86)}-${take(6)}AA`,
  'a key of OpenAI': `sk-proj-${take(48)}`,
  'a live key of Stripe': `sk_live_${take(24)}`,
  'a token of Slack': `xoxb-${'1234567890'.repeat(2)}-${take(24)}`,
  'an access key of AWS': `AKIA${take(16, upper)}`,
  'a key of Google': `AIza${take(35)}`,
  'a client secret of Google': `GOCSPX-${take(28)}`,
  'a token of npm': `npm_${take(36)}`,
  'a key of SendGrid': `SG.${take(22)}.${take(43)}`,
  'a token of Shopify': `shpat_${take(32, hex)}`,
  'a token of Hugging Face': `hf_${take(34)}`,
  'a token of Vault': `hvs.${take(90)}`,
  'a token of DigitalOcean': `dop_v1_${take(64, hex)}`,
  'a signed token': `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub: 'person', at: 1 })}.${take(43)}`,
  'a private key': `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`,
  'a token of PyPI': `pypi-${take(120)}`,
  'a token of Docker': `dckr_pat_${take(27)}`,
};

/** Where only what stands around it tells of the secret: the text, and what must not be seen of it. */
export const inContext: Readonly<Record<string, readonly [text: string, secret: string]>> = {
  'a password in an address': [`postgres://shop:${take(14)}@db.local/shop`, take(14)],
  'a secret key of AWS': [`aws_secret_access_key = ${take(40)}`, take(40)],
  'a webhook of Slack': [`https://hooks.slack.com/services/T0${take(9)}/B0${take(9)}/${take(24)}`, take(24)],
  'a bearer token': [`authorization: Bearer ${take(30)}`, take(30)],
  'a printed variable': [`MAIL_PASSWORD=${take(12)}`, take(12)],
  'a printed variable in quotes': [`MAIL_PASSWORD="${take(12)}"`, take(12)],
  'a password in JSON': [`{"user":"shop","password":"${take(14)}"}`, take(14)],
  'a password in JSON that is set for people': [`{ "password": "${take(14)}", "user": "shop" }`, take(14)],
  'an encrypted key': [encryptedKey('AES-128-CBC'), body],
  'an encrypted key of an older kind': [encryptedKey('DES-EDE3-CBC'), body],
};
