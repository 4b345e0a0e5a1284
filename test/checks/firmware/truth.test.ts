import { describe, expect, it } from 'vitest';
import driverDrift from '../../../checks/firmware/driver-drift.ts';
import driverMismatch from '../../../checks/firmware/driver-mismatch.ts';
import inforomDrift from '../../../checks/firmware/inforom-drift.ts';
import kernelDrift from '../../../checks/firmware/kernel-drift.ts';
import nicFirmwareDrift from '../../../checks/firmware/nic-firmware-drift.ts';
import vbiosDrift from '../../../checks/firmware/vbios-drift.ts';
import { type AnyCheck, absent, known } from '../../../src/api.ts';
import { healthyGpus, nodeRef, profileOf, specified } from '../../support/healthy-gpu.ts';
import { healthyNics } from '../../support/healthy-nic.ts';
import { truthOf } from '../../support/truth.ts';

const facts = {
  gpus: healthyGpus(3),
  nics: healthyNics(3),
  driver: {
    ref: nodeRef,
    version: known('580.105.08'),
    cudaVersion: known('13.0'),
    libraryMismatch: known(false),
    libraryVersion: absent('unsupported', 'only printed with a refusal'),
    attachedGpus: known(3),
  },
  hostVersions: { ref: nodeRef, kernel: known('6.8.0-1031-nvidia'), bios: known('1.4.2') },
  driverModule: { ref: nodeRef, version: known('580.105.08') },
  profile: profileOf({
    pins: {
      kernel: specified(['6.8.0-1031-nvidia']),
      bios: specified(['1.4.2']),
      driver: specified(['580.105.08']),
      vbios: specified(['96.00.89.00.01']),
      'nic-firmware': specified(['28.41.1000']),
    },
  }),
};

describe('an absence never becomes a pass', () => {
  const checks: readonly AnyCheck[] = [
    driverDrift,
    driverMismatch,
    inforomDrift,
    kernelDrift,
    nicFirmwareDrift,
    vbiosDrift,
  ];
  it.each(checks)('$id', (check) => {
    const { violations, dependences } = truthOf(check, facts, { except: ['profile'] });
    expect(violations).toEqual([]);
    expect(dependences.length).toBeGreaterThan(0);
  });
});
