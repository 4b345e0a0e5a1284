import { ERROR_CODES } from '../errors.ts';
import { EXIT_CODES } from '../report/exit-codes.ts';
import { GENERATED, table } from './markdown.ts';

/** Who ends with the codes of a row. */
const WHO: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  validate: '`validate`; every other verb ends with 0 or 2 unless it is named below',
  stragglers: '`stragglers`',
  ask: '`ack`, `suppress`, `unsuppress`, `control`',
  doctor: '`doctor`',
  agent: '`agent`, ended by SIGTERM or SIGINT',
  mock: '`mock`: the code of the command, else',
  nagios: '`validate -o nagios`',
  npd: '`validate -o npd`',
  signal: 'every verb but `agent` and `mock`, ended by',
};

/** `couldNotRun` → `could not run`; the name of a signal stays. */
const inWords = (name: string): string =>
  name.startsWith('SIG') ? name : name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const codesInWords = (codes: Readonly<Record<string, number>>): string =>
  Object.entries(codes)
    .map(([name, code]) => `${code} ${inWords(name)}`)
    .join(', ');

/** docs/errors.md: the coded errors and every exit code. */
export const errorsPage = (): string =>
  [
    GENERATED,
    '# Errors and exit codes',
    'Only usage and configuration stop Muster; what fails on the host becomes UNKNOWN or SKIPPED in the verdict. An error is one line on stderr: what happened, where, what to do, and its code in brackets at the end; the exit code is then 2.',
    table(
      ['code', 'meaning'],
      Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
    '## Exit codes',
    table(
      ['who', 'codes'],
      (Object.keys(WHO) as (keyof typeof EXIT_CODES)[]).map((protocol) => [
        WHO[protocol],
        codesInWords(EXIT_CODES[protocol]),
      ]),
    ),
    'SIGPIPE: the reader of standard output has left, as in `muster events | head`. Where a read is stuck in the kernel and Node is older than 22.15, every verb ends with 137.',
  ]
    .join('\n\n')
    .concat('\n');
