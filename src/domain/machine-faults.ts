/** What a test says when the machine, and not the program, is at fault. It may also be the program: see `triage`. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/\bEADDRINUSE\b/, 'a port is in use'],
  [/\bSQLITE_BUSY\b|\bdatabase (?:table )?is locked\b/i, 'a database is locked'],
  [/\bECONNREFUSED\b/, 'a service does not answer'],
  [/\b(?:EMFILE|ENFILE)\b/, 'too many files are open'],
  [/\bENOSPC\b/, 'the disk is full'],
];

/** In a few words, or undefined for an ordinary failure. */
export function machineFault(message: string): string | undefined {
  return signs.find(([pattern]) => pattern.test(message))?.[1];
}
