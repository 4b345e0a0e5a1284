import { defineCheck, type GpuHealth } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, drain } from '../shared/rules.ts';

const SAYS: Readonly<Record<Exclude<GpuHealth, 'answering'>, string>> = {
  lost: 'is lost to the driver: it no longer answers on the bus',
  'requires-reset': 'is not used by the driver until it is reset',
  'unknown-error': 'answers the driver with "Unknown Error"',
};

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/lost-gpus',
  title: 'GPU lost',
  why: 'A lost GPU still has a name and an index, so that jobs are placed on it and die at their first CUDA call.',
  source:
    'NVIDIA nvml.h (NVML_ERROR_GPU_IS_LOST, NVML_ERROR_RESET_REQUIRED); docs.nvidia.com/deploy/xid-errors, Xid 79',
  remedy:
    'For a GPU that requires a reset: stop its jobs, then `nvidia-smi --gpu-reset -i INDEX`. For a lost GPU: reboot; ' +
    'if it is lost again, power the node off and on, reseat the board, or replace it.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  rules: {
    lost: condition('CRITICAL', 'GPU is lost', drain('reboot')),
    'requires-reset': condition('CRITICAL', 'GPU requires a reset', drain('reset_gpu')),
    'unknown-error': condition('CRITICAL', 'GPU answers with errors', drain('reset_gpu')),
  },
  judge: ({ gpus }) =>
    gpus.flatMap(({ ref, health }) =>
      (['lost', 'requires-reset', 'unknown-error'] as const).map((state) =>
        about(ref, state, health, (value, name) =>
          value === state
            ? { message: `${name} ${SAYS[state]}`, observed: state, expected: 'a GPU that answers' }
            : undefined,
        ),
      ),
    ),
});
