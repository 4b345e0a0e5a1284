import { ERROR_CODES } from '../errors.ts';
import { EXIT_CODES } from '../report/exit-codes.ts';
import { GENERATED, table } from './markdown.ts';

/** docs/errors.md: the coded errors and every exit code. */
export const errorsPage = (): string =>
  [
    GENERATED,
    '# Errors and exit codes',
    'Only usage and configuration stop Muster; what fails on the host becomes UNKNOWN or SKIPPED in the verdict. An error is one line on stderr: what happened, where, what to do.',
    table(
      ['code', 'meaning'],
      Object.entries(ERROR_CODES).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
    '## Exit codes',
    table(
      ['protocol', 'codes'],
      Object.entries(EXIT_CODES).map(([protocol, codes]) => [
        protocol,
        Object.entries(codes)
          .map(([name, code]) => `${code} ${name}`)
          .join(', '),
      ]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
