import { type Counter, defineCheck, known, type NvLink, type Reading } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { groupBy } from '../shared/groups.ts';
import { type Growth, growth, perMinute, span } from '../shared/growth.ts';
import { linksOfAll } from '../shared/nvlinks.ts';
import { condition, stay } from '../shared/rules.ts';

type Family = 'crc' | 'replay' | 'recovery' | 'link';

/**
 * Large on healthy NVLink 5 links: corrected errors, symbol errors, and what went well (real captures of B200 and
 * GB200, driver 595).
 */
const BENIGN = /fec|symbol|effective|success|total/;

/** Which counters say that data were lost or sent again. */
const FAMILIES: readonly (readonly [RegExp, Family])[] = [
  [/crc/, 'crc'],
  [/replay/, 'replay'],
  [/recovery/, 'recovery'],
  [/malformed|overrun|integrity|discard|^rx/, 'link'],
];

const familyOf = (kind: string): Family | undefined =>
  BENIGN.test(kind) ? undefined : FAMILIES.find(([pattern]) => pattern.test(kind))?.[1];

interface LinkCounter {
  readonly link: number;
  readonly kind: string;
  readonly counter: Counter;
}

interface Worst extends Growth {
  readonly link: number;
  readonly kind: string;
  readonly tooMuch: boolean;
}

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/nvlink-errors',
  title: 'NVLink errors are rising',
  why: 'Each error is data sent again: collectives slow down first, and jobs die when the link fails.',
  source: 'nvidia-smi nvlink -e; DCGM NVLink health watch and diagnostic',
  remedy:
    'Watch `nvidia-smi nvlink -e -i INDEX` under load; reset the GPUs of the node at the next drain; where one link keeps ' +
    'counting, run the field diagnostic and reseat or replace the board, baseboard or cable cartridge.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nvlinks'],
  uses: ['gpus'],
  options: {
    crc_errors_per_minute: {
      default: 6000,
      unit: 'errors/min',
      source: 'DCGM NVLink health watch: 100 CRC errors a second fail',
      help: 'From this many CRC errors a minute on one link on, it is a warning.',
    },
    nvlink_errors_per_minute: {
      default: 1,
      unit: 'errors/min',
      source: 'DCGM: one new error a minute on an NVLink 5 counter fails',
      help: 'From this many errors a minute of any other kind on one link on, it is a warning.',
    },
  },
  rules: {
    'crc-errors': condition('WARNING', 'CRC errors on NVLink', stay('reset_gpu'), 'NVLink 4 and older'),
    'replay-errors': condition('WARNING', 'Replays on NVLink', stay('reset_gpu'), 'NVLink 4 and older'),
    'recovery-errors': condition('WARNING', 'Recoveries of NVLink', stay('reset_gpu')),
    'link-errors': condition('WARNING', 'Errors on NVLink', stay('reset_gpu'), 'NVLink 5'),
  },
  judge: ({ nvlinks, gpus }, { options }) =>
    linksOfAll(nvlinks, gpus).flatMap(({ ref, links }) => {
      const counters = links.ok ? known(byFamily(links.value)) : links;
      return (['crc', 'replay', 'recovery', 'link'] as const).flatMap((family) => {
        const limit = family === 'crc' ? options.crc_errors_per_minute : options.nvlink_errors_per_minute;
        const judged = counters.ok ? worstOf(counters.value.get(family) ?? [], limit) : counters;
        if (judged === undefined) return [];
        return [
          about(ref, `${family}-errors`, judged, ({ link, kind, tooMuch, ...grown }, name) =>
            tooMuch
              ? {
                  message: `NVLink ${link} of ${name}: error counter "${kind.replaceAll('_', ' ')}" grew by ${grown.by} within ${span(grown)}; ${limit} a minute is too much`,
                  observed: `${perMinute(grown).toFixed(1)}/min`,
                  expected: `below ${limit}/min`,
                  evidence: { link, kind, new_errors: grown.by, seconds: grown.seconds },
                }
              : undefined,
          ),
        ];
      });
    }),
});

/** What the links count, by what it says of errors. */
const byFamily = (links: readonly NvLink[]): ReadonlyMap<Family | undefined, readonly LinkCounter[]> => {
  const counters = links.flatMap(({ link, errors }) =>
    Object.entries(errors).map(([kind, counter]) => ({ link, kind, counter })),
  );
  return groupBy(counters, ({ kind }) => familyOf(kind));
};

/** The worst link of a family; absent where one of its counters cannot be judged; nothing where there is no such counter. */
const worstOf = (counters: readonly LinkCounter[], limit: number): Reading<Worst> | undefined => {
  let worst: Reading<Worst> | undefined;
  for (const { link, kind, counter } of counters) {
    const grown = growth(counter, ['interval', '15m', '1h'], (over) => perMinute(over) >= limit);
    const reading: Reading<Worst> = grown.ok ? known({ ...grown.value, link, kind }) : grown;
    if (worst === undefined || isWorse(reading, worst)) worst = reading;
  }
  return worst;
};

const rank = (reading: Reading<Worst>): number => {
  if (!reading.ok) return 1;
  return reading.value.tooMuch ? 2 + perMinute(reading.value) : 0;
};
const isWorse = (one: Reading<Worst>, other: Reading<Worst>): boolean => rank(one) > rank(other);
