import { defineCheck } from '../../src/api.ts';
import { judgeDrift, judgePin } from '../shared/drift.ts';
import { pinOf } from '../shared/pins.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'firmware/vbios-drift',
  title: 'GPUs of one model carry different VBIOS versions',
  why: 'The VBIOS holds power, clock and thermal tables: a replaced GPU with another version may run at other clocks than its neighbours and slow the whole job.',
  source:
    'all GPUs of each healthy capture (H100, B200, GB200, GB300) show one VBIOS version; NVIDIA HGX firmware guides require it',
  remedy:
    "Compare `nvidia-smi --query-gpu=index,serial,vbios_version --format=csv`; bring the GPU to the version of the others with the vendor's HGX firmware bundle (`nvfwupd`), then power-cycle the node.",
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  uses: ['profile'],
  rules: {
    'differs-from-siblings': condition('WARNING', 'VBIOS differs from the other GPUs of the model', stay('service')),
    'differs-from-pin': condition(
      'WARNING',
      'VBIOS is not the version that the site pinned',
      stay('service'),
      'where a VBIOS version is pinned',
    ),
  },
  judge: ({ gpus, profile }, { node }) => [
    ...judgeDrift(
      gpus.map(({ ref, vbiosVersion }) => ({ ref, group: ref.model ?? ref.key, version: vbiosVersion })),
      { code: 'differs-from-siblings', what: 'VBIOS', node },
    ),
    ...judgePin(
      gpus.map(({ ref, vbiosVersion }) => ({ ref, version: vbiosVersion })),
      pinOf(profile, 'vbios'),
      { code: 'differs-from-pin', what: 'VBIOS' },
    ),
  ],
});
