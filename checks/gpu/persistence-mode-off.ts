import { defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/persistence-mode-off',
  title: 'Persistence mode is off',
  why: 'Without it the driver unloads the GPU between jobs: each start takes seconds longer, and settings are forgotten.',
  source:
    'docs.nvidia.com/deploy/driver-persistence; kernel log of driver 580.159: the mode is deprecated, use nvidia-persistenced',
  remedy:
    'Enable the daemon: `systemctl enable --now nvidia-persistenced`. Where it is not installed, `nvidia-smi -pm 1` helps ' +
    'until the next boot; driver 580 calls that deprecated.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  rules: { off: condition('INFO', 'Persistence mode is off', stay('none')) },
  judge: ({ gpus }) =>
    gpus.map(({ ref, persistenceMode }) =>
      about(ref, 'off', persistenceMode, (on, name) =>
        on ? undefined : { message: `Persistence mode of ${name} is off`, observed: 'Disabled', expected: 'Enabled' },
      ),
    ),
});
