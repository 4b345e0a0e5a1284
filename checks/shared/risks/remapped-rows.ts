import type { Gpu, Judgement } from '../../../src/api.ts';
import { about, type Details } from '../about.ts';
import { nameOf } from '../names.ts';
import { together } from '../readings.ts';
import { UNKNOWN_SLOWDOWN } from '../slowdown.ts';

export const remappedRowsRisk = ({ ref, rows }: Gpu, limit: number): Judgement<'remapped-rows'> =>
  about(
    ref,
    'remapped-rows',
    together({ correctable: rows.correctable, uncorrectable: rows.uncorrectable }),
    ({ correctable, uncorrectable }): Details | undefined => {
      const remapped = correctable + uncorrectable;
      if (remapped < limit) return undefined;
      return {
        message: `${nameOf(ref)} has ${remapped} remapped rows; from ${limit} on a GPU is at risk`,
        observed: `${remapped}`,
        expected: `fewer than ${limit}`,
        evidence: { cause: 'remapped_rows', correctable, uncorrectable, slowdown: UNKNOWN_SLOWDOWN },
      };
    },
  );
