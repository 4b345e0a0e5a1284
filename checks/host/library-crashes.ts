import { defineCheck, type KernelEvent } from '../../src/api.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { event, stay } from '../shared/rules.ts';

const rules = {
  // Of a job, until it returns on this node and on no other: that is for a person to see.
  'gpu-library': event('INFO', 'A process crashed in a library of the GPUs or their network', stay('none'), {
    clearedAfterSeconds: 7200,
  }),
};

const tell = ({ fields: { name, pid, library } }: KernelEvent): Told<'gpu-library'> => ({
  code: 'gpu-library',
  what: `${name} (pid ${pid}) crashed inside ${library}`,
  evidence: { process: name ?? '', pid: pid ?? '' },
});

const kinds = ['segfault'] as const;

export default defineCheck({
  apiVersion: 1,
  id: 'host/library-crashes',
  title: 'Processes crashed inside NCCL, CUDA or RDMA libraries',
  why: 'A rank that crashes inside NCCL ends its job with time-outs on all other nodes; this is the one line that tells where it began.',
  source: 'Linux arch/x86/mm/fault.c; gpud nccl component (segfault in libnccl.so, an event)',
  remedy:
    'Look at the job that ran then: `dmesg -T | grep "segfault at"`, its own log with NCCL_DEBUG=INFO, its core dump (`coredumpctl list`). ' +
    'Mostly a mismatch of libraries in its image; where several jobs crash on this node alone, test its GPUs and NICs.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: [],
  uses: ['kernelLog'],
  kernelEvents: kinds,
  rules,
  judge: ({ kernelLog }, { node, now, bootedAt }) =>
    judgeHostEvents({ log: kernelLog, kinds, codes: ['gpu-library'], rules, tell, node, now, bootedAt }),
});
