import { changeGpu, type Fault, lastedSeconds } from './fault.ts';

/** The aggregate of a GPU that was not well before the simulation started. */
const ERRORS_OF_THE_PAST = 2;

/** Uncorrectable errors in HBM: an aggregate of the past, and a volatile count that goes up while one looks. */
export const ecc: Fault = {
  name: 'ecc',
  component: 'gpu',
  help: 'uncorrectable memory errors of the GPU, one more each second',
  leaves: (world, target, period) =>
    changeGpu(world, target, ({ eccVolatile, eccAggregate, loadedMs }) => {
      // The first error comes with the fault, and none before the simulation starts.
      const errors = 1 + lastedSeconds(period, world.startMs);
      const sinceLoad = period.toMs > loadedMs ? 1 + lastedSeconds(period, Math.max(world.startMs, loadedMs)) : 0;
      return {
        eccVolatile: { ...eccVolatile, dramUncorrectable: eccVolatile.dramUncorrectable + sinceLoad },
        eccAggregate: {
          ...eccAggregate,
          dramUncorrectable: eccAggregate.dramUncorrectable + errors + (period.injected ? 0 : ERRORS_OF_THE_PAST),
        },
      };
    }),
};

/** What a reset remaps stays remapped: the row is used up, whether the remap waits or is done. */
export const remapPending: Fault = {
  name: 'remap-pending',
  component: 'gpu',
  help: 'a row of GPU memory waits for a reset to be remapped',
  breaks: (world, target) => changeGpu(world, target, ({ rows }) => ({ rows: { ...rows, pending: true } })),
  leaves: (world, target) =>
    changeGpu(world, target, ({ rows }) => ({
      rows: {
        ...rows,
        uncorrectable: rows.uncorrectable + 1,
        banks: { ...rows.banks, max: Math.max(0, rows.banks.max - 1), high: rows.banks.high + 1 },
      },
    })),
};

/** Eight uncorrectable remaps use up a bank (docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt). */
const REMAPS_OF_A_FULL_BANK = 8;

export const remapFailed: Fault = {
  name: 'remap-failed',
  component: 'gpu',
  help: 'a row of GPU memory could not be remapped: no spare rows left in its bank',
  survivesReset: true,
  breaks: (world, target) =>
    changeGpu(world, target, ({ rows }) => ({
      rows: {
        ...rows,
        uncorrectable: rows.uncorrectable + REMAPS_OF_A_FULL_BANK,
        failed: true,
        banks: { ...rows.banks, max: rows.banks.max - 1, none: rows.banks.none + 1 },
      },
    })),
};
