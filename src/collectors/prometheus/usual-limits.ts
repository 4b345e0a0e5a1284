import type { Minutes } from '../../parse/prometheus/minutes.ts';
import type { MergedGpu } from './merged-gpu.ts';
import { POWER_LIMIT } from './queries.ts';

const mostCommon = (values: readonly number[]): number | undefined => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, times], [b, others]) => others - times || b - a)[0]?.[0];
};

/** The power limit that most GPUs of a model in the job have, by model. */
export const usualLimits = (gpus: readonly MergedGpu[], { count }: Minutes): ReadonlyMap<string, number> => {
  const byModel = new Map<string, number[]>();
  for (const { records } of gpus) {
    const [{ about, columns }] = records;
    const told = columns
      .subarray(POWER_LIMIT * count, (POWER_LIMIT + 1) * count)
      .findLast((watts) => !Number.isNaN(watts));
    if (about.model === undefined || told === undefined) continue;
    const known = byModel.get(about.model) ?? [];
    byModel.set(about.model, known);
    known.push(told);
  }
  return new Map(
    [...byModel].flatMap(([model, limits]) => {
      const usual = mostCommon(limits);
      return usual === undefined ? [] : [[model, usual] as const];
    }),
  );
};
