import { type Cpus, defineCheck, type Expected, type Judgement, type N } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { expectedOfHost } from '../shared/expectation.ts';
import { together } from '../shared/readings.ts';
import { condition, stay } from '../shared/rules.ts';

const BY_PROFILE = 'machines whose profile says how many there are';

/** With multithreading off every second thread is offline on purpose (docs.kernel.org, ABI/testing/sysfs-devices-system-cpu). */
const THREADS_OFF = ['off', 'forceoff'];

export default defineCheck({
  apiVersion: 1,
  id: 'host/missing-cpus',
  title: 'CPUs or memory nodes are missing',
  why: 'A job pins its ranks to the CPUs and memory nodes next to their GPUs; where some are missing, ranks share CPUs or reach across sockets.',
  source:
    'docs.kernel.org, admin-guide/cputopology (present, online); NVIDIA Health Validation cpu_count and numa_node_count; NHC check_hw_cpuinfo',
  remedy:
    'See which: `lscpu -e`, `cat /sys/devices/system/cpu/offline`, `numactl -H`; why: `dmesg -T | grep -iE "CPU.*(offline|disabled|machine check)"`. ' +
    'Bring one back with `echo 1 > /sys/devices/system/cpu/cpuN/online`; else look at the kernel command line (maxcpus, nr_cpus), the BIOS, the socket.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['cpus'],
  uses: ['profile'],
  rules: {
    offline: condition('WARNING', 'CPUs that are present are offline', stay('service')),
    'too-few-cpus': condition('WARNING', 'Fewer CPUs than the profile says', stay('service'), BY_PROFILE),
    'numa-nodes': condition('WARNING', 'Not the memory nodes that the profile says', stay('service'), BY_PROFILE),
  },
  judge: ({ cpus, profile }) => [
    judgeOffline(cpus),
    against(cpus.ref, 'too-few-cpus', cpus.online, expectedOfHost(profile, 'cpus'), {
      isWrong: (online, expected) => online < expected,
      what: 'CPUs online',
    }),
    against(cpus.ref, 'numa-nodes', cpus.numaNodesOnline, expectedOfHost(profile, 'numaNodes'), {
      isWrong: (online, expected) => online !== expected,
      what: 'Memory nodes online',
    }),
  ],
});

const judgeOffline = ({ ref, online, present, smt }: Cpus): Judgement<'offline'> =>
  about(ref, 'offline', together({ online, present }), (count) => {
    const threadsOff = smt.ok && THREADS_OFF.includes(smt.value);
    const expected = threadsOff ? Math.floor(count.present / 2) : count.present;
    const missing = expected - count.online;
    if (missing <= 0) return undefined;
    return {
      message: `${missing === 1 ? '1 CPU is' : `${missing} CPUs are`} offline: ${count.online} of ${count.present} are online${threadsOff ? ' and multithreading is off' : ''}, ${expected} should be`,
      observed: `${count.online} online`,
      expected: `${expected} online`,
      evidence: { online: count.online, present: count.present, ...(smt.ok ? { smt: smt.value } : {}) },
    };
  });

const against = <const C extends string>(
  ref: Cpus['ref'],
  code: C,
  count: N,
  expected: Expected<number>,
  o: { readonly isWrong: (count: number, expected: number) => boolean; readonly what: string },
): Judgement<C> => {
  if (!expected.ok) return { unjudged: ref, code, because: expected };
  return about(
    ref,
    code,
    count,
    (online) =>
      o.isWrong(online, expected.value)
        ? {
            message: `${o.what}: ${online}; the machine profile says ${expected.value}`,
            observed: `${online}`,
            expected: `${expected.value}`,
            evidence: { expected_source: expected.source },
          }
        : undefined,
    { expected: true },
  );
};
