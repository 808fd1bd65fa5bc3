/** A run of characters of one kind. It goes on as long as they are of its kind, even where the next one's would do. */
interface Run {
  readonly kind: ReadonlySet<number>;
  readonly min: number;
  /** Of all runs but the last: what is undecided is held back in memory. */
  readonly max: number;
}

/** How a secret of a known kind looks: one of these beginnings, and the runs after it. */
export interface Format {
  readonly begins: readonly string[];
  /** It begins a word: `sk-…` does not begin in `task-…`. */
  readonly wordStart: boolean;
  readonly runs: readonly Run[];
  /** The run with which the secret begins; -1 where its beginning is part of it. */
  readonly from: number;
  /** The run with which it ends. */
  readonly to: number;
}

const longestInnerRun = 2_048;

function kind(characters: string): ReadonlySet<number> {
  const all = characters.replace(/(.)-(.)/g, (_, from: string, to: string) => {
    const [low, high] = [from.charCodeAt(0), to.charCodeAt(0)];
    return String.fromCharCode(...Array.from({ length: high - low + 1 }, (__, at) => low + at));
  });
  return new Set([...all].map((character) => character.charCodeAt(0)));
}

const alphanumeric = kind('A-Za-z0-9');
const word = kind('A-Za-z0-9_');
const dashed = kind('A-Za-z0-9_-');
const base64 = kind('A-Za-z0-9+/=');
const token = new Set([...dashed, ...kind('.~+/=')]);
const visible = kind('!-~');
const without = (all: ReadonlySet<number>, characters: string): ReadonlySet<number> =>
  new Set([...all].filter((unit) => !kind(characters).has(unit)));

const run = (of: ReadonlySet<number>, min: number, max = longestInnerRun): Run => ({ kind: of, min, max });

/** A token by its beginning, and how many characters of a kind make it one. */
function tokens(of: ReadonlySet<number>, min: number, ...begins: readonly string[]): Format {
  return { begins, wordStart: true, runs: [run(of, min)], from: -1, to: 0 };
}

/** A value after a name: only the value is the secret. */
function values(between: ReadonlySet<number>, of: ReadonlySet<number>, min: number, ...begins: string[]): Format {
  return { begins, wordStart: false, runs: [run(between, 1, 16), run(of, min)], from: 1, to: 1 };
}

function valuesAfter(of: ReadonlySet<number>, min: number, ...begins: string[]): Format {
  return { begins, wordStart: false, runs: [run(of, min)], from: 0, to: 0 };
}

/** As a quote stands in a text, in the JSON of the text, and in the JSON of that. */
const quotes = ['"', '\\"', '\\\\\\"'];
const inQuotes = without(visible, '"\\');
const fieldNames = ['assword', 'ecret', 'ccessToken', 'ccess_token', 'efresh_token', 'piKey', 'pi_key', 'rivate_key'];

const pemTypes = ['', 'RSA ', 'EC ', 'DSA ', 'OPENSSH ', 'ENCRYPTED ', 'ANY '];

/**
 * The formats that are worth looking for in every line of a log, where nothing can be waited for. Beginnings and
 * lengths are those that the issuers publish or their tokens show; a longer run counts as a whole. What has no
 * beginning of its own is left to the detector.
 */
export const formats: readonly Format[] = [
  tokens(alphanumeric, 30, 'ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'npm_', 'hf_', 'r8_', 'sntrys_'),
  tokens(word, 22, 'github_pat_', 'glc_', 'glsa_', 'gsk_', 'whsec_', 'sbp_'),
  tokens(dashed, 18, 'glpat-', 'glrt-', 'gldt-', 'glptt-', 'glcbt-', 'glsoat-', 'dckr_pat_', 'tskey-', 'figd_'),
  tokens(dashed, 20, 'sk-ant-', 'sk-proj-', 'sk-svcacct-', 'sk-admin-', 'GOCSPX-', 'ya29.', 'AIza', 'HRKU-'),
  tokens(alphanumeric, 32, 'sk-', 'key-', 'lin_api_', 'ntn_', 'PMAK-', 'dapi', 'pscale_tkn_', 'pscale_pw_'),
  tokens(alphanumeric, 16, 'sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'),
  tokens(kind('A-Z0-9'), 16, 'AKIA', 'ASIA'),
  tokens(kind('A-Za-z0-9-'), 20, 'xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxe-', 'xapp-'),
  tokens(kind('a-f0-9'), 32, 'shpat_', 'shpss_', 'shpca_', 'shppa_', 'dop_v1_', 'doo_v1_', 'dor_v1_'),
  tokens(dashed, 20, 'hvs.', 'hvb.', 'dp.pt.', 'pypi-', 'NRAK-', 'sq0atp-', 'sq0csp-', 'AGE-SECRET-KEY-1'),
  {
    begins: ['SG.'],
    wordStart: true,
    runs: [run(dashed, 16), run(kind('.'), 1, 1), run(dashed, 30)],
    from: -1,
    to: 2,
  },
  {
    begins: ['eyJ'],
    wordStart: true,
    runs: [run(dashed, 8), run(kind('.'), 1, 1), run(dashed, 8), run(kind('.'), 1, 1), run(dashed, 8)],
    from: -1,
    to: 4,
  },
  {
    begins: pemTypes
      .map((type) => `-----BEGIN ${type}PRIVATE KEY-----`)
      .concat('-----BEGIN PGP PRIVATE KEY BLOCK-----'),
    wordStart: false,
    runs: [run(kind('A-Za-z0-9+/=\\ \t\r\n'), 24)],
    from: -1,
    to: 0,
  },
  {
    // An encrypted key of the older form has lines of its own before its body.
    begins: ['DEK-Info: '],
    wordStart: false,
    runs: [run(kind('A-Z0-9,-'), 10, 200), run(kind('\\ \t\r\n'), 1, 20), run(kind('A-Za-z0-9+/=\\ \t\r\n'), 24)],
    // From the line break on: half of one that is escaped would break the JSON around it.
    from: 1,
    to: 2,
  },
  {
    begins: ['://'],
    wordStart: false,
    runs: [
      run(without(visible, ':/@"\'`<>\\'), 1, 256),
      run(kind(':'), 1, 1),
      run(without(visible, ':/@"\'`<>\\'), 1, 1_024),
      run(kind('@'), 1, 1),
    ],
    from: 2,
    to: 2,
  },
  valuesAfter(kind('A-Za-z0-9/'), 20, 'hooks.slack.com/services/', 'hooks.slack.com/workflows/'),
  valuesAfter(kind('A-Za-z0-9_/-'), 40, '/api/webhooks/'),
  values(kind(' \t"\':=>\\'), base64, 32, 'secret_access_key', 'SECRET_ACCESS_KEY', 'ecretAccessKey', 'ESSION_TOKEN'),
  valuesAfter(base64, 40, 'AccountKey=', 'SharedAccessKey='),
  valuesAfter(token, 16, 'Bearer ', 'bearer ', 'uthorization: Basic ', 'uthorization":"Basic '),
  valuesAfter(
    without(visible, '"\'`$(){}<>;,&\\'),
    8,
    ...[
      'PASSWORD',
      'PASSWD',
      'PASSPHRASE',
      'SECRET',
      'TOKEN',
      'API_KEY',
      'APIKEY',
      'ACCESS_KEY',
      'PRIVATE_KEY',
    ].flatMap((name) => [`${name}=`, `${name}='`, ...quotes.map((quote) => `${name}=${quote}`)]),
    ...[';Password=', ';password=', ';Pwd=', '&password=', '?password='],
  ),
  valuesAfter(inQuotes, 8, ...fieldNames.flatMap((name) => quotes.map((quote) => `${name}${quote}:${quote}`))),
  {
    // As JSON is set for people. There it is often text for people, too: what has a blank is none.
    begins: fieldNames.flatMap((name) => quotes.map((quote) => `${name}${quote}: ${quote}`)),
    wordStart: false,
    runs: [run(inQuotes, 8), run(kind('"\\'), 1)],
    from: 0,
    to: 0,
  },
];
