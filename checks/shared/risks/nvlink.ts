import {
  type Component,
  type Fact,
  type Gpu,
  type GpuNvLinks,
  type Judgement,
  known,
  type NvLink,
  type Reading,
} from '../../../src/api.ts';
import { about, type Details } from '../about.ts';
import { usualNumber } from '../groups.ts';
import { nameOf } from '../names.ts';
import { linksOfAll } from '../nvlinks.ts';
import { together } from '../readings.ts';
import { siblingsOf } from '../siblings.ts';
import { rateSlowdown, UNKNOWN_SLOWDOWN } from '../slowdown.ts';

type Code = 'nvlinks-fewer' | 'nvlink-slower';

/** Links against those of the siblings: NVLink bridges join PCIe cards in pairs, so that most of them must have more. */
export const nvlinkRisks = (
  nvlinks: Fact<readonly GpuNvLinks[]>,
  gpus: readonly Gpu[],
  node: Component,
): readonly Judgement<Code>[] => {
  if (!nvlinks.ok) {
    return (['nvlinks-fewer', 'nvlink-slower'] as const).map((code) => ({ unjudged: node, code, because: nvlinks }));
  }
  const all = linksOfAll(nvlinks.value, { ...known(gpus), at: nvlinks.at, source: nvlinks.source });
  const seen = all.map(lookedAt);
  return seen.flatMap((one) => [fewer(one, siblingsOf(one, seen)), ...slower(one, siblingsOf(one, seen))]);
};

interface Slowest {
  readonly link: number;
  readonly rateGBps: number;
}

/** What is compared of the links of one GPU, looked at once for all its siblings. */
interface Seen {
  readonly ref: Component;
  readonly upCount: Reading<number>;
  /** The slowest link that is up, for what is spread over all links waits for it; nothing where none is up. */
  readonly slowest: Reading<Slowest> | undefined;
}

const lookedAt = ({ ref, links }: GpuNvLinks): Seen => {
  if (!links.ok) return { ref, upCount: links, slowest: links };
  const up = links.value.filter((link) => link.up);
  return { ref, upCount: known(up.length), slowest: slowest(up) };
};

const valuesOf = <T>(readings: readonly (Reading<T> | undefined)[]): readonly T[] =>
  readings.flatMap((reading) => (reading?.ok === true ? [reading.value] : []));

const fewer = ({ ref, upCount }: Seen, siblings: readonly Seen[]): Judgement<'nvlinks-fewer'> =>
  about(ref, 'nvlinks-fewer', upCount, (count): Details | undefined => {
    const others = valuesOf(siblings.map((sibling) => sibling.upCount));
    const usual = usualNumber(others.filter((other) => other > count));
    if (usual === undefined || others.filter((other) => other > count).length * 2 <= others.length + 1)
      return undefined;
    return {
      message: `${nameOf(ref)} has ${count} NVLinks up, its siblings ${usual}`,
      observed: `${count} up`,
      expected: `${usual} up`,
      evidence: { cause: 'nvlink_degraded', slowdown: rateSlowdown(count / usual) },
    };
  });

const slower = ({ ref, slowest: own }: Seen, siblings: readonly Seen[]): readonly Judgement<'nvlink-slower'>[] => {
  if (own === undefined) return [];
  return [
    about(ref, 'nvlink-slower', own, ({ link, rateGBps }): Details | undefined => {
      const usual = usualNumber(valuesOf(siblings.map((sibling) => sibling.slowest)).map((other) => other.rateGBps));
      // nvidia-smi prints three decimals, and drivers round the rate of one and the same link differently (26.562, 26.5625).
      if (usual === undefined || rateGBps > usual * 0.99) return undefined;
      return {
        message: `NVLink ${link} of ${nameOf(ref)} runs at ${rateGBps} GB/s; the links of its siblings at ${usual} GB/s`,
        observed: `${rateGBps} GB/s`,
        expected: `${usual} GB/s`,
        evidence: {
          cause: 'nvlink_degraded',
          link,
          slowdown: rateGBps > 0 ? rateSlowdown(rateGBps / usual) : UNKNOWN_SLOWDOWN,
        },
      };
    }),
  ];
};

const slowest = (links: readonly NvLink[]): Reading<Slowest> | undefined => {
  const rates = links.map(({ link, rateGBps }) => together({ link: known(link), rateGBps }));
  return (
    rates.find((rate) => !rate.ok) ??
    rates.reduce<(typeof rates)[number] | undefined>(
      (low, rate) => (low?.ok === true && rate.ok && low.value.rateGBps <= rate.value.rateGBps ? low : rate),
      undefined,
    )
  );
};
