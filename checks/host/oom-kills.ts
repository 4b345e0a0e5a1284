import { defineCheck, type KernelEvent } from '../../src/api.ts';
import { type Incident, judgeIncidents, times } from '../shared/kernel-incidents.ts';
import { event, stay } from '../shared/rules.ts';

const rules = {
  'system-oom': event('WARNING', 'The host ran out of memory', stay('watch'), { clearedAfterSeconds: 86_400 }),
  'job-oom': event('INFO', 'A job ran out of the memory that it was given', stay('none'), {
    clearedAfterSeconds: 7200,
  }),
};

const codeOf = ({ kind, fields }: KernelEvent): keyof typeof rules | undefined => {
  if (kind !== 'oom') return undefined;
  return fields.scope === 'cgroup' ? 'job-oom' : 'system-oom';
};

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
  kernelEvents: ['oom'],
  rules,
  judge: ({ kernelLog }, { node, now, bootedAt }) =>
    judgeIncidents({ log: kernelLog, node, rules, now, bootedAt, codeOf, details }),
});

const killed =
  (what: string) =>
  ({ latest: { fields }, count }: Incident) => ({
    message: `${what} ran out of memory and the kernel killed a process ${times(count)}, the latest ${fields.name} (pid ${fields.pid})`,
    observed: `${count} killed`,
    expected: 'none killed',
    evidence: { process: fields.name ?? '', pid: fields.pid ?? '' },
  });

const details = { 'system-oom': killed('The host'), 'job-oom': killed('A memory control group') };
