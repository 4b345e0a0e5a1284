import type { Gpu, Judgement } from '../../../src/api.ts';
import { about, type Details } from '../about.ts';
import { usualNumber } from '../groups.ts';
import { nameOf } from '../names.ts';
import { knownOf, together } from '../readings.ts';
import { rateSlowdown } from '../slowdown.ts';

/** Width and the highest generation of the link; the generation of the moment drops when a GPU idles. */
export const pcieRisk = ({ ref, pcie: link }: Gpu, siblings: readonly Gpu[]): Judgement<'pcie-degraded'> =>
  about(
    ref,
    'pcie-degraded',
    together({ width: link.width, generation: link.maxGeneration }),
    ({ width, generation }): Details | undefined => {
      const usualWidth = usualNumber(knownOf(siblings.map((sibling) => sibling.pcie.width))) ?? width;
      const usualGeneration = usualNumber(knownOf(siblings.map((sibling) => sibling.pcie.maxGeneration))) ?? generation;
      if (width >= usualWidth && generation >= usualGeneration) return undefined;
      return {
        message: `${nameOf(ref)} is connected by Gen${generation} x${width}, its siblings by Gen${usualGeneration} x${usualWidth}`,
        observed: `Gen${generation} x${width}`,
        expected: `Gen${usualGeneration} x${usualWidth}`,
        evidence: {
          cause: 'pcie_degraded',
          slowdown: rateSlowdown(Math.min(1, width / usualWidth) * laneRatio(generation, usualGeneration)),
        },
      };
    },
  );

/** Each generation of PCIe doubles the rate of a lane, from 8 GT/s of Gen3 to 64 GT/s of Gen6 (PCI-SIG). */
const laneRatio = (generation: number, usualGeneration: number): number =>
  Math.min(1, 2 ** (generation - usualGeneration));
