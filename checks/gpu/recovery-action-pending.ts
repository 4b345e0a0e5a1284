import { defineCheck, type Gpu, known, type S } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { isNotProvided } from '../shared/readings.ts';
import { recoveryVerdict } from '../shared/recovery-action.ts';
import { condition, drain, stay } from '../shared/rules.ts';

/** Drivers before R570 say only whether a reset is required. */
const requested = ({ recoveryAction, resetRequired }: Gpu): S => {
  if (recoveryAction.ok || !isNotProvided(recoveryAction) || !resetRequired.ok) return recoveryAction;
  return known(resetRequired.value ? 'Reset' : 'None');
};

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/recovery-action-pending',
  title: 'The driver asks for a recovery action',
  why: 'The driver itself says that the GPU must be reset or the node rebooted before it can be trusted again.',
  source: 'NVIDIA nvml.h, nvmlDeviceGpuRecoveryAction_t; docs.nvidia.com/deploy/xid-errors, Xid 154; DCGM field 1523',
  remedy:
    'Read `nvidia-smi --query-gpu=index,gpu_recovery_action --format=csv`. Reset: `nvidia-smi --gpu-reset -i INDEX` after ' +
    'its jobs have left. Reboot: reboot the node. Then look for the Xid that caused it in `dmesg`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  rules: {
    'reset-required': condition('CRITICAL', 'GPU reset required', drain('reset_gpu')),
    'reboot-required': condition('CRITICAL', 'Reboot required', drain('reboot'), 'from driver 570'),
    'drain-p2p': condition('WARNING', 'Peer-to-peer traffic must be drained', stay('restart_app'), 'from driver 570'),
    'other-action': condition('CRITICAL', 'Another recovery action', drain('service'), 'from driver 570'),
  },
  judge: ({ gpus }) =>
    gpus.flatMap((gpu) =>
      (['reset-required', 'reboot-required', 'drain-p2p', 'other-action'] as const).map((code) =>
        about(gpu.ref, code, code === 'reset-required' ? requested(gpu) : gpu.recoveryAction, (text, name) => {
          const verdict = recoveryVerdict(text);
          if (verdict?.code !== code) return undefined;
          return {
            message: `The driver asks for a recovery of ${name}: "${text}"`,
            observed: text,
            expected: 'None',
          };
        }),
      ),
    ),
});
