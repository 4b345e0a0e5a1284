import {
  type Absent,
  absent,
  defineCheck,
  type Fact,
  type Gpu,
  isPassedThrough,
  known,
  type PciGpu,
  type Profile,
  type Reading,
} from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { expectedOfGpu, ownPciGpus, severityOf } from '../shared/expectation.ts';
import { condition, drain, stay } from '../shared/rules.ts';

/** "No devices were found" is a list without GPUs, not a missing answer. */
const listed = (gpus: Fact<readonly Gpu[]>): Reading<readonly Gpu[]> =>
  !gpus.ok && gpus.reason === 'no-device' ? known([]) : gpus;

/** Nobody drives it: sysfs has no DRIVER line for the device. */
const isUnbound = (reading: Absent): boolean => ['no-device', 'unsupported', 'deprecated'].includes(reading.reason);

export default defineCheck({
  apiVersion: 1,
  id: 'gpu/missing-gpus',
  title: 'GPU missing',
  why: 'A job that asks for all GPUs fails or hangs at its first collective when one of them is not there.',
  source: 'NVIDIA GPU Debug Guidelines (docs.nvidia.com/deploy/gpu-debug-guidelines); nvidia-smi manual, attached_gpus',
  remedy:
    'Compare `lspci -d 10de:` with `nvidia-smi -L`; look for Xid 79 and "RmInitAdapter failed" in `dmesg`; reboot the node; ' +
    'reseat or replace the board if the GPU stays away.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: [],
  uses: ['gpus', 'pciGpus', 'driver', 'profile'],
  rules: {
    'not-in-driver': condition('CRITICAL', 'On the PCI bus, unknown to the driver', drain('reboot')),
    'below-profile': condition(
      'CRITICAL',
      'Fewer GPUs than the machine should have',
      drain('service'),
      'where the machine profile says how many GPUs there are',
    ),
    unlisted: condition('INFO', 'The driver has GPUs that it does not describe here', stay('none')),
  },
  judge: ({ gpus, pciGpus, driver, profile }, { node }) => {
    const described = listed(gpus);
    const attached = driver.ok ? driver.value.attachedGpus : driver;
    const ids = new Set(described.ok ? described.value.map(({ ref }) => ref.pciBusId) : []);
    // In a container the driver may hold more GPUs than it is allowed to describe.
    const unnamed = described.ok ? described.value.filter(({ ref }) => ref.pciBusId === undefined).length : 0;
    const hidden = described.ok && attached.ok ? attached.value - described.value.length : 0;

    const presence = (gpu: PciGpu): Reading<boolean> => {
      if (!described.ok) return described;
      if (ids.has(gpu.ref.pciBusId)) return known(true);
      if (unnamed > 0) return absent('failed', `nvidia-smi gives no PCI address for ${unnamed} of its GPUs`);
      // Who holds as many as the bus has holds this one, too.
      if (hidden > 0 && attached.ok && attached.value >= own.length) return known(true);
      if (hidden > 0)
        return absent('denied', `GPUs that the driver holds and does not describe to this process: ${hidden}`);
      if (!gpu.boundDriver.ok && !isUnbound(gpu.boundDriver)) return gpu.boundDriver;
      return known(false);
    };
    const own = ownPciGpus(pciGpus);
    // What belongs to a virtual machine is there, and is not for this driver.
    const passedThrough = (pciGpus.ok ? pciGpus.value : []).filter(isPassedThrough);
    const onBus = own.map((gpu) =>
      about(gpu.ref, 'not-in-driver', presence(gpu), (isListed) => {
        if (isListed) return undefined;
        const boundTo = gpu.boundDriver.ok ? `bound to ${gpu.boundDriver.value}` : 'bound to no driver';
        return {
          message: `The PCI bus shows a GPU at ${gpu.ref.pciBusId ?? 'an unknown address'} (${boundTo}), nvidia-smi does not`,
          observed: 'not listed by nvidia-smi',
          expected: 'listed by nvidia-smi',
          evidence: { kernel_driver: gpu.boundDriver.ok ? gpu.boundDriver.value : 'none', gpus_listed: ids.size },
        };
      }),
    );

    return [
      ...onBus,
      ...passedThrough.map(({ ref }) => ({ pass: ref, code: 'not-in-driver' as const })),
      countJudgement(),
      about(
        node,
        'unlisted',
        described.ok ? attached : described,
        (held) =>
          hidden > 0
            ? {
                message: `GPUs that a container or cgroup hides: ${hidden}; the driver holds ${held}, nvidia-smi describes ${held - hidden} here`,
                observed: `${ids.size} described`,
                expected: `${ids.size + hidden} attached`,
              }
            : undefined,
        // Every driver prints the count beside the GPUs that it describes.
        { expected: described.ok && described.value.length > 0 },
      ),
    ];

    function countJudgement() {
      const counts = [described, pciGpus].flatMap((fact) => (fact.ok ? [fact.value.length] : []));
      if (attached.ok) counts.push(attached.value);
      const present: Reading<number> = !described.ok && !pciGpus.ok ? described : known(Math.max(...counts));
      const expected = expectedOfGpu(profile, node, 'count');
      return about(node, 'below-profile', present.ok ? expected : present, (count) => {
        if (!present.ok || !expected.ok || present.value >= count) return undefined;
        return {
          message: `GPUs that the machine shows: ${present.value}; ${titleOf(profile)} has ${count}`,
          observed: `${present.value}`,
          expected: `${count} (${expected.source})`,
          override: { severity: severityOf(expected) },
        };
      });
    }
  },
});

const titleOf = (profile: Fact<Profile>): string => (profile.ok ? profile.value.title : 'its profile');
