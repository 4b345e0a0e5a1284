import { defineCheck, type KernelEvent } from '../../src/api.ts';
import { judgeHostEvents, type Told } from '../shared/host-events.ts';
import { event, stay } from '../shared/rules.ts';

const rules = {
  'system-oom': event('WARNING', 'The host ran out of memory', stay('watch'), { clearedAfterSeconds: 86_400 }),
  'job-oom': event('INFO', 'A job ran out of the memory that it was given', stay('none'), {
    clearedAfterSeconds: 7200,
  }),
};

const tell = ({ fields: { scope, name, pid } }: KernelEvent): Told<keyof typeof rules> => {
  const isOfJob = scope === 'cgroup';
  const ranOut = isOfJob ? 'A memory control group' : 'The host';
  return {
    code: isOfJob ? 'job-oom' : 'system-oom',
    what: `${ranOut} ran out of memory and the kernel killed ${name} (pid ${pid})`,
    evidence: { process: name ?? '', pid: pid ?? '' },
  };
};

const kinds = ['oom'] as const;

export default defineCheck({
  apiVersion: 1,
  id: 'host/oom-kills',
  title: 'The kernel killed processes for want of memory',
  why: 'When the whole host runs out of memory the kernel kills what is largest, which may be a job, or a service that the next job needs.',
  source: 'Linux mm/oom_kill.c; gpud memory component (an event)',
  remedy:
    'See who was killed and what held the memory: `dmesg -T | grep -iE -B40 "Out of memory"`, `systemctl --failed`, `du -sh /dev/shm`. ' +
    'A kill within a job (memory cgroup) is the job’s own: it needs a higher limit or less memory.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: [],
  uses: ['kernelLog'],
  kernelEvents: kinds,
  rules,
  judge: ({ kernelLog }, { node, now, bootedAt }) =>
    judgeHostEvents({ log: kernelLog, kinds, codes: ['system-oom', 'job-oom'], rules, tell, node, now, bootedAt }),
});
