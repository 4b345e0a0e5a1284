import { absent, type Gpu, type Reading } from '../../src/api.ts';
import { nameOf } from './names.ts';

/**
 * Nothing of a GPU that does not answer: flags, limits and counters that nvidia-smi prints of it all the same are what the
 * driver remembers (NVIDIA/k8s-test-infra, real nvidia-smi 580.65.06 over a lost device).
 */
export const ofAnswering = <T>({ ref, health }: Pick<Gpu, 'ref' | 'health'>, reading: Reading<T>): Reading<T> => {
  if (!health.ok) return health;
  return health.value === 'answering'
    ? reading
    : absent('lost', `${nameOf(ref)} does not answer; what is printed of it is from before`);
};
