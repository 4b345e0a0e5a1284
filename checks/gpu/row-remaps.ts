import { defineCheck, type Gpu, type Judgement } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { isNotProvided } from '../shared/readings.ts';
import { condition, drain, stay } from '../shared/rules.ts';

type Code = 'remap-failed' | 'remap-pending' | 'many-remaps' | 'spares-exhausted' | 'spares-low' | 'retirement-pending';

const REMAPPING = 'GPUs with row remapping (Ampere and later)';

/** GPUs before Ampere retire pages instead; they say nothing of rows, and the others nothing of pages. */
const retiresPages = ({ rows, retiredPages }: Gpu): boolean =>
  !rows.pending.ok && isNotProvided(rows.pending) && retiredPages.pending.ok;

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/row-remaps',
  title: 'GPU memory rows fail',
  why: 'A GPU replaces broken memory rows by spares; when that fails, or the spares run out, its jobs die of memory errors.',
  source:
    'docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt; DCGM DcgmHealthWatch; docs.nvidia.com/deploy/dynamic-page-retirement',
  remedy:
    'Read `nvidia-smi -q -d ROW_REMAPPER -i INDEX`. Pending: `nvidia-smi --gpu-reset -i INDEX` once the node is drained. ' +
    'Failed: run the field diagnostic and return the board.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  options: {
    uncorrectable_remaps: {
      default: 512,
      unit: 'rows',
      source: 'DCGM warns from 512 on; docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt (512 in total are the most)',
      help: 'From so many rows remapped for uncorrectable errors on, the GPU is close to having no spares.',
    },
  },
  rules: {
    'remap-failed': { ...condition('CRITICAL', 'Row remapping failed', drain('service')), outlivesReboot: true },
    // NVIDIA: workloads may go on until the reset; a drain now would cost more than it saves.
    'remap-pending': condition('WARNING', 'A row remap waits for a reset', stay('reset_gpu')),
    'many-remaps': condition('WARNING', 'Many rows remapped', stay('service'), REMAPPING),
    'spares-exhausted': condition('WARNING', 'Memory banks without spare rows', stay('service'), REMAPPING),
    'spares-low': condition('INFO', 'Memory banks with few spare rows', stay('watch'), REMAPPING),
    'retirement-pending': condition(
      'WARNING',
      'A page retirement waits for a reset',
      stay('reset_gpu'),
      'GPUs before Ampere',
    ),
  },
  judge: ({ gpus }, { options }) =>
    gpus.flatMap((gpu): readonly Judgement<Code>[] => {
      const { ref, rows, retiredPages } = gpu;
      if (retiresPages(gpu)) {
        return [
          about(ref, 'retirement-pending', retiredPages.pending, (pending, name) =>
            pending
              ? {
                  message: `${name} will retire a memory page at its next reset; reset it at the next drain`,
                  observed: 'pending',
                  expected: 'none pending',
                }
              : undefined,
          ),
        ];
      }
      const limit = options.uncorrectable_remaps;
      return [
        about(ref, 'remap-failed', rows.failed, (failed, name) =>
          failed
            ? {
                message: `${name} could not remap a broken memory row: it has no spare left for it`,
                observed: 'failure',
                expected: 'no failure',
                evidence: rows.uncorrectable.ok ? { uncorrectable_remaps: rows.uncorrectable.value } : {},
              }
            : undefined,
        ),
        about(ref, 'remap-pending', rows.pending, (pending, name) =>
          pending
            ? {
                message: `${name} will remap a memory row at its next reset; jobs may run until the next drain`,
                observed: 'pending',
                expected: 'none pending',
              }
            : undefined,
        ),
        about(ref, 'many-remaps', rows.uncorrectable, (remaps, name) =>
          remaps >= limit
            ? {
                message: `${name} has remapped ${remaps} rows for uncorrectable errors; from ${limit} on it must be replaced`,
                observed: String(remaps),
                expected: `below ${limit}`,
              }
            : undefined,
        ),
        about(ref, 'spares-exhausted', rows.histogram, ({ none }, name) =>
          none > 0
            ? {
                message: `${name} has memory banks without a spare row: ${none}; the next broken row there cannot be remapped`,
                observed: String(none),
                expected: '0',
              }
            : undefined,
        ),
        about(ref, 'spares-low', rows.histogram, ({ low }, name) =>
          low > 0
            ? {
                message: `${name} has memory banks with few spare rows left: ${low}`,
                observed: String(low),
                expected: '0',
              }
            : undefined,
        ),
      ];
    }),
});
