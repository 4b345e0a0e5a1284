import { defineCheck, type KernelEvent } from '../../src/api.ts';
import { type Incident, judgeIncidents, listed, times } from '../shared/kernel-incidents.ts';
import { event, stay } from '../shared/rules.ts';

const rules = {
  // Of a job, until it returns on this node and on no other: that is for a person to see.
  'gpu-library': event('INFO', 'A process crashed in a library of the GPUs or their network', stay('none'), {
    clearedAfterSeconds: 7200,
  }),
};

const codeOf = ({ kind }: KernelEvent): 'gpu-library' | undefined => (kind === 'segfault' ? 'gpu-library' : undefined);

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
  kernelEvents: ['segfault'],
  rules,
  judge: ({ kernelLog }, { node, now, bootedAt }) =>
    judgeIncidents({ log: kernelLog, node, rules, now, bootedAt, codeOf, details: { 'gpu-library': crashed } }),
});

const crashed = ({ latest: { fields }, count, each }: Incident) => ({
  message: `Processes crashed ${times(count)} inside ${listed(each('library'))}, the latest ${fields.name} (pid ${fields.pid})`,
  observed: `${count} crashes`,
  expected: 'no crash',
  evidence: { process: fields.name ?? '', pid: fields.pid ?? '' },
});
