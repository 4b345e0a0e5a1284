import type { Layout } from './layout.ts';

/** How long a step takes when everybody waits, and the part of it that ranks of one pipeline work at the same time. */
export interface Barrier {
  readonly stepOf: (own: ArrayLike<number>) => number;
  /** Share of a step in which a stage works when all stages are equally fast; the rest is the pipeline's bubble. */
  readonly fill: number;
}

/**
 * A tensor-parallel group is as slow as its slowest rank, a pipeline as (microbatches - 1) times its slowest stage and
 * once each stage, and the step as the slowest replica. Equal ranks of time t give t / fill.
 */
export const barrierOf = (layout: Layout, microbatches: number): Barrier => {
  const { stages, replicas } = layout;
  const groups = Int32Array.from(layout.places, (place) => place.group);
  const slowest = new Float64Array(stages * replicas);
  const stepOf = (own: ArrayLike<number>): number => {
    slowest.fill(0);
    for (let rank = 0; rank < groups.length; rank++) {
      const group = groups[rank] as number;
      const seconds = own[rank] as number;
      if (seconds > (slowest[group] as number)) slowest[group] = seconds;
    }
    let step = 0;
    for (let replica = 0; replica < replicas; replica++) {
      let longest = 0;
      let sum = 0;
      for (let stage = 0; stage < stages; stage++) {
        const seconds = slowest[replica * stages + stage] as number;
        sum += seconds;
        if (seconds > longest) longest = seconds;
      }
      const total = ((microbatches - 1) * longest + sum) / microbatches;
      if (total > step) step = total;
    }
    return step;
  };
  return { stepOf, fill: microbatches / (microbatches - 1 + stages) };
};
