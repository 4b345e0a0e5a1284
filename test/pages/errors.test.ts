import { expect, it } from 'vitest';
import { errorsPage } from '../../src/pages/errors.ts';
import { EXIT_CODES } from '../../src/report/exit-codes.ts';

it('docs/errors.md names every exit code in words', () => {
  const rows = errorsPage()
    .split('\n')
    .filter((line) => /\| \d+ /.test(line));
  expect(rows).toHaveLength(Object.keys(EXIT_CODES).length);
  expect(rows.filter((row) => /[a-z][A-Z]/.test(row))).toEqual([]);
  for (const codes of Object.values(EXIT_CODES))
    for (const code of Object.values(codes)) expect(rows.join('\n')).toMatch(new RegExp(`[|,] ${code} `));
  expect(rows.find((row) => row.includes('`ack`'))).toContain('0 done, 1 refused, 2 could not ask');
});
