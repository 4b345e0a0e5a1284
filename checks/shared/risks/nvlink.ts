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
  return all.flatMap((one) => [fewer(one, siblingsOf(one, all)), ...slower(one, siblingsOf(one, all))]);
};

const up = (links: Reading<readonly NvLink[]>): readonly NvLink[] =>
  links.ok ? links.value.filter((link) => link.up) : [];

const fewer = ({ ref, links }: GpuNvLinks, siblings: readonly GpuNvLinks[]): Judgement<'nvlinks-fewer'> =>
  about(ref, 'nvlinks-fewer', links, (): Details | undefined => {
    const count = up(links).length;
    const others = siblings.filter((sibling) => sibling.links.ok).map((sibling) => up(sibling.links).length);
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

/** The slowest link that is up, for what is spread over all links waits for it; nothing where none is up. */
const slower = ({ ref, links }: GpuNvLinks, siblings: readonly GpuNvLinks[]): readonly Judgement<'nvlink-slower'>[] => {
  if (!links.ok) return [{ unjudged: ref, code: 'nvlink-slower', because: links }];
  const own = slowest(up(links));
  if (own === undefined) return [];
  return [
    about(ref, 'nvlink-slower', own, ({ link, rateGBps }): Details | undefined => {
      const rates = siblings.flatMap((sibling) => {
        const other = slowest(up(sibling.links));
        return other?.ok === true ? [other.value.rateGBps] : [];
      });
      const usual = usualNumber(rates);
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

const slowest = (
  links: readonly NvLink[],
): Reading<{ readonly link: number; readonly rateGBps: number }> | undefined => {
  const rates = links.map(({ link, rateGBps }) => together({ link: known(link), rateGBps }));
  return (
    rates.find((rate) => !rate.ok) ??
    rates.reduce<(typeof rates)[number] | undefined>(
      (low, rate) => (low?.ok === true && rate.ok && low.value.rateGBps <= rate.value.rateGBps ? low : rate),
      undefined,
    )
  );
};
