import { normal, randomOf } from '../../evaluation/simulator/random.ts';
import { nodeOf } from './written.ts';

/** Step times as a job writes them: `factor` says how long a rank takes against the usual, eight ranks a node. */
export const stepLines = (o: {
  readonly ranks: number;
  readonly steps?: number;
  readonly noise?: number;
  readonly factor: (rank: number, step: number, draw: () => number) => number;
  readonly roleOf?: (rank: number) => string;
}): string => {
  const random = randomOf('steps');
  const { steps = 120, noise = 0.006, roleOf = () => '' } = o;
  const lines = Array.from({ length: steps }, (_, step) =>
    Array.from({ length: o.ranks }, (__, rank) => {
      const seconds = 4 * o.factor(rank, step, () => normal(random)) * (1 + noise * normal(random));
      return `${step},${rank},${seconds.toFixed(4)},${nodeOf(Math.floor(rank / 8))},${rank % 8},${roleOf(rank)}`;
    }),
  );
  return ['step,rank,seconds,node,gpu,role', ...lines.flat()].join('\n');
};
