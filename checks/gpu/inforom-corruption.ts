import { defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, drain } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/inforom-corruption',
  title: 'GPU InfoROM is corrupted',
  why: 'The InfoROM keeps which memory rows were replaced: without it a GPU may use broken memory again after a reboot.',
  source: 'nvidia-smi manual, return code 14; DCGM DcgmHealthWatch, InfoROM watch; AzNHC (NHC2008)',
  remedy:
    'Confirm with `nvidia-smi -q -i INDEX | grep -iA5 inforom`; reboot once; where the warning stays, run the field ' +
    'diagnostic and have the vendor reflash or replace the board.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  rules: { corrupted: condition('CRITICAL', 'InfoROM is corrupted', drain('service')) },
  judge: ({ gpus }) =>
    gpus.map(({ ref, inforomCorrupted, inforomVersion }) =>
      about(ref, 'corrupted', inforomCorrupted, (isCorrupted, name) =>
        isCorrupted
          ? {
              message: `nvidia-smi warns that the InfoROM of ${name} is corrupted`,
              observed: 'corrupted',
              expected: 'valid',
              evidence: inforomVersion.ok ? { inforom_version: inforomVersion.value } : {},
            }
          : undefined,
      ),
    ),
});
