import { absent, type Driver, defineCheck, type Fact, type Gpu, type Judgement, type S } from '../../src/api.ts';
import { judgeDrift, judgePin } from '../shared/drift.ts';
import { nameOf } from '../shared/names.ts';
import { pinOf } from '../shared/pins.ts';
import { condition, stay } from '../shared/rules.ts';

/** `580.105.08` → `580`: NVIDIA's driver branch. */
const branchOf = (version: string): string => version.split('.', 1).join();

const GSP_GPUS = 'GPUs that run GSP firmware: Turing and later, from driver 510';

export default defineCheck({
  apiVersion: 1,
  id: 'firmware/driver-drift',
  title: 'Driver or GSP firmware is not the version that it should be',
  why: 'The GSP firmware is part of the driver package; another version on one GPU, or another driver than the site pinned, makes one node behave unlike the rest of the job.',
  source:
    'download.nvidia.com/XFree86/Linux-x86_64/580.105.08/README/gsp.html; in real captures from 515 to 595 the GSP version equals the driver version on every GPU that prints one',
  remedy:
    'Reinstall the driver package that the site uses and reboot; check with `nvidia-smi -q | grep -E "Driver Version|GSP Firmware"`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['gpus'],
  uses: ['driver', 'profile'],
  rules: {
    'gsp-differs-from-siblings': condition(
      'WARNING',
      'One GPU runs another GSP firmware than the others',
      stay('reboot'),
      GSP_GPUS,
    ),
    'gsp-differs-from-driver': condition(
      'WARNING',
      'The GSP firmware is not the one of the driver',
      stay('reboot'),
      GSP_GPUS,
    ),
    'driver-differs-from-pin': condition(
      'WARNING',
      'The driver is not the version that the site pinned',
      stay('service'),
      'where a driver version is pinned',
    ),
  },
  judge: ({ gpus, driver, profile }, { node }) => [
    ...judgeDrift(
      gpus.map(({ ref, gspFirmwareVersion }) => ({ ref, group: ref.model ?? ref.key, version: gspFirmwareVersion })),
      { code: 'gsp-differs-from-siblings', what: 'GSP firmware', node },
    ),
    ...gpus.map((gpu) => gspOfDriver(gpu, driver)),
    ...judgePin([{ ref: node, version: versionOf(driver) }], pinOf(profile, 'driver'), {
      code: 'driver-differs-from-pin',
      what: 'driver',
    }),
  ],
});

const versionOf = (driver: Fact<Driver>): S => (driver.ok ? driver.value.version : driver);

const gspOfDriver = (
  { ref, gspFirmwareVersion: gsp }: Gpu,
  driver: Fact<Driver>,
): Judgement<'gsp-differs-from-driver'> => {
  const code = 'gsp-differs-from-driver';
  const version = versionOf(driver);
  if (!gsp.ok) return { unjudged: ref, code, because: gsp };
  if (!version.ok) return { unjudged: ref, code, because: version };
  if (version.value === '') return { unjudged: ref, code, because: absent('failed', 'the driver version is empty') };
  if (gsp.value === version.value) return { pass: ref, code };
  const sameBranch = branchOf(gsp.value) === branchOf(version.value);
  return {
    finding: {
      component: ref,
      code,
      message: `${nameOf(ref)} runs GSP firmware ${gsp.value} under driver ${version.value}`,
      observed: gsp.value,
      expected: version.value,
      evidence: { driver_version: version.value, same_branch: sameBranch },
      // Within one branch no harm is documented: worth knowing, not worth a warning.
      ...(sameBranch ? { override: { severity: 'INFO' as const, action: stay('none') } } : {}),
    },
  };
};
