import { changeGpu, type Fault, secondsSinceStart } from './fault.ts';

/** Uncorrectable errors in HBM: an aggregate of the past, and a volatile count that goes up while one looks. */
export const ecc: Fault = {
  name: 'ecc',
  component: 'gpu',
  help: 'uncorrectable memory errors of the GPU, one more each second',
  apply: (world, target) =>
    changeGpu(world, target, (gpu) => {
      const errors = 1 + secondsSinceStart(world);
      return {
        eccVolatile: { ...gpu.eccVolatile, dramUncorrectable: errors },
        eccAggregate: { ...gpu.eccAggregate, dramUncorrectable: errors + 2 },
      };
    }),
};

export const remapPending: Fault = {
  name: 'remap-pending',
  component: 'gpu',
  help: 'a row of GPU memory waits for a reset to be remapped',
  apply: (world, target) =>
    changeGpu(world, target, ({ rows }) => ({
      rows: {
        ...rows,
        uncorrectable: rows.uncorrectable + 1,
        pending: true,
        banks: { ...rows.banks, max: rows.banks.max - 1, high: rows.banks.high + 1 },
      },
    })),
};

/** Eight uncorrectable remaps use up a bank (docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt). */
const REMAPS_OF_A_FULL_BANK = 8;

export const remapFailed: Fault = {
  name: 'remap-failed',
  component: 'gpu',
  help: 'a row of GPU memory could not be remapped: no spare rows left in its bank',
  apply: (world, target) =>
    changeGpu(world, target, ({ rows }) => ({
      rows: {
        ...rows,
        uncorrectable: rows.uncorrectable + REMAPS_OF_A_FULL_BANK,
        failed: true,
        banks: { ...rows.banks, max: rows.banks.max - 1, none: rows.banks.none + 1 },
      },
    })),
};
