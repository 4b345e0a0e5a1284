import { absent, defineCheck, type Expected, type Fact, known, type Profile, type Reading } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { judgeHostEvents } from '../shared/host-events.ts';
import { together } from '../shared/readings.ts';
import { condition, event, stay } from '../shared/rules.ts';

/** The kernel keeps names with underscores; people and packages write both. */
const asKernel = (name: string): string => name.replaceAll('-', '_');

/** Whether the driver is there is told by gpu/driver-unresponsive and gpu/missing-gpus. */
const TOLD_ELSEWHERE: readonly string[] = ['nvidia'];

const STALE = {
  'peermem-invalid-context': event('INFO', 'nvidia_peermem found a stale registration', stay('none'), {
    clearedAfterSeconds: 86_400,
  }),
};

export default defineCheck({
  apiVersion: 1,
  id: 'host/kernel-modules-missing',
  title: 'Kernel module is missing',
  why: 'Without nvidia_peermem an older stack stages each RDMA transfer of GPU memory in the memory of the host, at a fraction of the bandwidth and without an error; without its file system or network module a job fails when it starts.',
  source:
    'proc(5), /proc/modules; docs.nvidia.com/cuda/gpudirect-rdma: nvidia-peermem, which DMA-BUF replaces from CUDA 11.7 and Linux 5.12 on; leptonai/gpud components peermem and kernel-module',
  remedy:
    'Load it: `modprobe nvidia_peermem`; `dmesg | tail` says why it does not load (an MLNX_OFED that is newer than the driver is the usual cause). Keep it: `echo nvidia_peermem > /etc/modules-load.d/nvidia-peermem.conf`.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['kernelModules'],
  uses: ['profile', 'kernelLog'],
  kernelEvents: ['other'],
  options: {
    modules: {
      default: [],
      source: 'the site: which modules its jobs need is known to nobody else',
      help: 'Modules that must be loaded or built in, besides those of the machine profile: nvidia_peermem, where GPUDirect RDMA does not go by DMA-BUF.',
    },
  },
  rules: {
    missing: condition('WARNING', 'Kernel module is not loaded: load it', stay('watch')),
    ...STALE,
  },
  judge: ({ kernelModules, profile, kernelLog }, { node, now, bootedAt, options }) => {
    const wanted = expectedModules(profile, options.modules);
    return [
      about(
        node,
        'missing',
        wanted.ok ? together({ wanted, loaded: kernelModules.loaded, present: kernelModules.present }) : wanted,
        ({ wanted, loaded, present }) => {
          const missing = wanted.filter((name) => !loaded.includes(name) && !present.includes(name));
          if (missing.length === 0) return undefined;
          return {
            message: `Kernel modules that must be there and are not loaded: ${missing.join(', ')} (${missing.length} of ${wanted.length})`,
            observed: `${wanted.length - missing.length} of ${wanted.length} loaded`,
            expected: wanted.join(', '),
            evidence: { missing: missing.join(' ') },
          };
        },
        { expected: wanted.ok },
      ),
      ...judgeHostEvents({
        log: kernelLog,
        kinds: ['other'],
        codes: ['peermem-invalid-context'],
        rules: STALE,
        tell: ({ fields }) =>
          fields.event === 'peermem-invalid-context'
            ? {
                code: 'peermem-invalid-context',
                what: 'nvidia_peermem found GPU memory registered for RDMA whose process was gone, and left it alone',
              }
            : undefined,
        node,
        now,
        bootedAt,
      }),
    ];
  },
});

/** What the profile and the configuration want, each name once. */
const expectedModules = (profile: Fact<Profile>, configured: readonly string[]): Reading<readonly string[]> => {
  const ofProfile: Expected<readonly string[]> = profile.ok ? profile.value.kernelModules : profile;
  const names = [...(ofProfile.ok ? ofProfile.value : []), ...configured].map(asKernel);
  const wanted = [...new Set(names)].filter((name) => !TOLD_ELSEWHERE.includes(name));
  return wanted.length === 0
    ? absent('unsupported', 'neither the machine profile nor the option `modules` names a module that must be loaded')
    : known(wanted);
};
