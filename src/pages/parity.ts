import { parity, type Row } from '../knowledge/parity.ts';
import { GENERATED, table } from './markdown.ts';

const peerText = ({ theirs }: Row): string =>
  parity.peers
    .flatMap(({ id, title }) => (theirs[id] === undefined ? [] : [`${title}: ${theirs[id].join(', ')}`]))
    .join('; ');

const isPlugin = (check: string): boolean => check === 'plugins';

const checkLink = (check: string): string =>
  isPlugin(check) ? '[plugins](plugins.md)' : `[\`${check}\`](checks.md#${check.replaceAll('/', '')})`;

const oursText = ({ ours, not = '' }: Row): string =>
  ours?.map(({ check, codes }) => `${checkLink(check)}: ${codes.join(', ')}`).join('; ') ?? `Not covered. ${not}`;

/** Where the raw text is that a test judges. */
export const fixtureOf = (check: string): string =>
  isPlugin(check) ? 'test/plugins/executables.test.ts' : `test/outcomes/${check}.ts`;

const fixtureText = ({ ours }: Row): string => ours?.map(({ check }) => `\`${fixtureOf(check)}\``).join(', ') ?? '–';

/** docs/parity.md: what other tools check on a node, and which check of ours covers it. */
export const parityPage = (): string => {
  const covered = parity.rows.filter(({ ours }) => ours !== undefined).length;
  return [
    GENERATED,
    '# What others check, and what covers it here',
    `Every check of a node that these tools make, as far as their source or documentation shows it. ${covered} of ${parity.rows.length} rows are covered. The fixtures are raw text (simulated tools and files, changed), and a test asserts that judging them gives the finding that the row names.`,
    table(
      ['tool', 'as of'],
      parity.peers.map(({ title, source }) => [title, source]),
    ),
    table(
      ['what', 'who checks it, under which name', 'here', 'raw fixture'],
      parity.rows.map((row) => [row.what, peerText(row), oursText(row), fixtureText(row)]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
};
