import { defineCheck, type EccLocation, type Gpu } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { growth, span } from '../shared/growth.ts';
import { condition, drain, stay } from '../shared/rules.ts';

const MEMORY: Readonly<Record<'sram' | 'dram', string>> = { sram: 'SRAM (caches)', dram: 'DRAM (HBM)' };

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/ecc-errors',
  title: 'GPU memory errors',
  why: 'An uncorrectable error kills the job that touches it, and a GPU that shows one tends to show more.',
  source: 'docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt; DCGM DcgmHealthWatch (volatile double-bit errors fail)',
  remedy:
    'Read `nvidia-smi -q -d ECC,ROW_REMAPPER -i INDEX`; drain the node and reset the GPU (`nvidia-smi --gpu-reset -i INDEX`); ' +
    'where errors return or the SRAM threshold is exceeded, run the field diagnostic and return the board.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    sram_correctable_per_day: {
      default: 10_000,
      unit: 'errors per 24 h',
      source: 'AzNHC check_gpu_ecc, which takes this many in a lifetime as the maximum',
      help: 'More corrected SRAM errors in a day than this are a warning.',
    },
    dram_correctable_per_day: {
      default: 20_000_000,
      unit: 'errors per 24 h',
      source: 'AzNHC check_gpu_ecc, which takes this many in a lifetime as the maximum',
      help: 'More corrected DRAM errors in a day than this are a warning.',
    },
  },
  rules: {
    'sram-uncorrectable-rising': condition(
      'CRITICAL',
      'Uncorrectable SRAM errors are rising',
      drain('reset_gpu'),
      'needs two samples',
    ),
    'dram-uncorrectable-rising': condition(
      'CRITICAL',
      'Uncorrectable DRAM errors are rising',
      drain('reset_gpu'),
      'needs two samples',
    ),
    'sram-uncorrectable-since-load': condition(
      'WARNING',
      'Uncorrectable SRAM errors since the driver was loaded',
      stay('reset_gpu'),
    ),
    'dram-uncorrectable-since-load': condition(
      'WARNING',
      'Uncorrectable DRAM errors since the driver was loaded',
      stay('reset_gpu'),
    ),
    'sram-correctable-rate': condition('WARNING', 'Many corrected SRAM errors', stay('watch'), 'needs two samples'),
    'dram-correctable-rate': condition('WARNING', 'Many corrected DRAM errors', stay('watch'), 'needs two samples'),
    'sram-threshold': condition(
      'CRITICAL',
      'SRAM error threshold exceeded',
      drain('service'),
      'Ampere and later, where the driver prints sram_threshold_exceeded (from 570)',
    ),
    'repair-pending': condition(
      'WARNING',
      'A memory or TPC repair waits for a reset',
      stay('reset_gpu'),
      'where the driver prints channel_repair_pending and tpc_repair_pending (from 580)',
    ),
    'unrepairable-memory': {
      ...condition(
        'CRITICAL',
        'Memory can no longer be repaired',
        drain('service'),
        'where the driver prints unrepairable_memory (seen in 580.173, not in 580.105)',
      ),
      outlivesReboot: true,
    },
    'ecc-disabled': condition('INFO', 'ECC is turned off', stay('none')),
  },
  judge: ({ gpus }, { options }) => {
    const uncorrectable = ({ ref, ecc }: Gpu, memory: 'sram' | 'dram') => {
      const counter = ecc.volatile[`${memory}_uncorrectable`];
      // The volatile counters start at 0 when the driver is loaded or the GPU is reset: at 0, what grew is cured.
      const cured = counter.total.ok && counter.total.value === 0;
      const grown = growth(counter, ['interval', '15m', '1h', '24h'], ({ by }) => by > 0 && !cured);
      const rising = about(ref, `${memory}-uncorrectable-rising`, grown, (grew, name) =>
        grew.tooMuch
          ? {
              message: `${name} has new uncorrectable ${MEMORY[memory]} errors: ${grew.by} within ${span(grew)}; 0 are expected`,
              observed: `${grew.by} in ${span(grew)}`,
              expected: '0',
              evidence: { new_errors: grew.by, seconds: grew.seconds },
            }
          : undefined,
      );
      if ('finding' in rising) return [rising];
      const sinceLoad = about(ref, `${memory}-uncorrectable-since-load`, counter.total, (total, name) =>
        total > 0
          ? {
              message: `${name} counts uncorrectable ${MEMORY[memory]} errors since its driver was loaded: ${total}, ${'pass' in rising ? 'no new ones' : 'it is not known when'}; reset it at the next drain`,
              observed: String(total),
              expected: '0 since the driver was loaded',
            }
          : undefined,
      );
      return [rising, sinceLoad];
    };

    const corrected = ({ ref, ecc }: Gpu, memory: 'sram' | 'dram') => {
      const limit = options[`${memory}_correctable_per_day`];
      const location: EccLocation = `${memory}_correctable`;
      const grown = growth(ecc.volatile[location], ['24h'], ({ by }) => by > limit);
      return about(ref, `${memory}-correctable-rate`, grown, (grew, name) =>
        grew.tooMuch
          ? {
              message: `${name} corrected ${MEMORY[memory]} errors: ${grew.by} within ${span(grew)}; more than ${limit} in 24 h`,
              observed: `${grew.by} in ${span(grew)}`,
              expected: `at most ${limit} in 24 h`,
            }
          : undefined,
      );
    };

    const repairPending = ({ ref, ecc }: Gpu) => {
      const pending = [
        { what: 'a memory channel', reading: ecc.channelRepairPending },
        { what: 'a TPC', reading: ecc.tpcRepairPending },
      ];
      const waiting = pending.find(({ reading }) => reading.ok && reading.value);
      const silent = pending.find(({ reading }) => !reading.ok);
      const { what, reading } = waiting ?? silent ?? { what: '', reading: ecc.tpcRepairPending };
      return about(ref, 'repair-pending', reading, (isPending, name) =>
        isPending
          ? { message: `${name} will repair ${what} at its next reset; reset it at the next drain` }
          : undefined,
      );
    };

    return gpus.flatMap((gpu) => {
      const { ref, ecc } = gpu;
      return [
        about(ref, 'ecc-disabled', ecc.enabled, (enabled, name) =>
          enabled
            ? undefined
            : {
                message: `${name} runs without ECC: memory errors go unnoticed into results`,
                observed: 'Disabled',
                expected: 'Enabled',
              },
        ),
        ...(['sram', 'dram'] as const).flatMap((memory) => [...uncorrectable(gpu, memory), corrected(gpu, memory)]),
        about(ref, 'sram-threshold', ecc.sramThresholdExceeded, (exceeded, name) =>
          exceeded
            ? {
                message: `${name} has exceeded NVIDIA's threshold of uncorrectable SRAM errors: run the field diagnostic, which decides on a return`,
                observed: 'Yes',
                expected: 'No',
              }
            : undefined,
        ),
        repairPending(gpu),
        about(ref, 'unrepairable-memory', ecc.unrepairableMemory, (unrepairable, name) =>
          unrepairable
            ? {
                message: `${name} has memory that can no longer be repaired: replace it`,
                observed: 'Yes',
                expected: 'No',
              }
            : undefined,
        ),
      ];
    });
  },
});
