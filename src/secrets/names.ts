const secretName =
  /^(?:.*[_-])?(?:api[_-]?key|access[_-]?key|private[_-]?key|(?:auth|access|refresh|session|oauth)?token|secret|password|passwd|passphrase|credentials?|webhook[_-]?url)$|^(?:proxy-)?authorization$|^(?:set-)?cookie$/i;
const secretCamelName = /(?:[aA]piKey|AccessKey|PrivateKey|Token|Secret|Password|Passphrase)$/;

/** Whether a variable, header or field of this name holds something that must not be seen. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) || secretCamelName.test(name);
}

const telling =
  /^(?:key|keys|apikey|token|tokens|secret|secrets|password|passwd|pass|pwd|passphrase|credential|credentials|auth|private|salt|pepper|dsn|webhook|signature|jwt|session|cookie|pin|seed|mnemonic)$/i;

/** The same, wider: in a file that is made for secrets, a word of it is enough. */
export function isTellingName(name: string): boolean {
  return isSecretName(name) || name.split(/[_\-.]/).some((part) => telling.test(part));
}
