import { defineCheck } from '../../src/api.ts';
import { judgeDrift, judgePin } from '../shared/drift.ts';
import { pinOf } from '../shared/pins.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'firmware/inforom-drift',
  title: 'GPUs of one model carry different InfoROM versions',
  why: 'The InfoROM image holds the configuration of the board, its power and ECC settings among them: a replaced GPU with another image is another board revision than its neighbours.',
  source:
    'NVIDIA nvml.h, nvmlDeviceGetInforomImageVersion: the image version says exactly what is flashed on the board, as the VBIOS version does; all GPUs of each healthy capture (H100, GB200) show one',
  remedy:
    "Compare `nvidia-smi --query-gpu=index,serial,inforom.image --format=csv`; bring the GPU to the version of the others with the vendor's firmware bundle (`nvfwupd`), or let the vendor say that both may be mixed and pin both.",
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  uses: ['profile'],
  rules: {
    'differs-from-siblings': condition('WARNING', 'InfoROM differs from the other GPUs of the model', stay('service')),
    'differs-from-pin': condition(
      'WARNING',
      'InfoROM is not the version that the site pinned',
      stay('service'),
      'where an InfoROM version is pinned',
    ),
  },
  judge: ({ gpus, profile }, { node }) => [
    ...judgeDrift(
      gpus.map(({ ref, inforomVersion }) => ({ ref, group: ref.model ?? ref.key, version: inforomVersion })),
      { code: 'differs-from-siblings', what: 'InfoROM', node },
    ),
    ...judgePin(
      gpus.map(({ ref, inforomVersion }) => ({ ref, version: inforomVersion })),
      pinOf(profile, 'inforom'),
      { code: 'differs-from-pin', what: 'InfoROM' },
    ),
  ],
});
