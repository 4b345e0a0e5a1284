import { absent, type Cpus, defineCollector, known, NODE, type Reading } from '../api.ts';
import { countInList } from '../parse/cpu-list.ts';
import { type Directory, directory, line } from './sysfs.ts';

const CPUS = '/sys/devices/system/cpu';
const NODES = '/sys/devices/system/node';

/** The governor of every frequency policy; a policy that went with its CPU in the meantime is none. */
const governorsOf = async (cpus: Directory): Promise<Cpus['governors']> => {
  const names = await cpus.list('cpufreq');
  const policies = names.ok ? names.value.filter((name) => /^policy\d+$/.test(name)) : [];
  // A virtual machine, or a kernel that leaves the clocks to the firmware, has the directory without policies or neither.
  if (names.ok && policies.length === 0) return absent('unsupported', `${CPUS}/cpufreq: no frequency policy`);
  if (!names.ok) return names;
  const counts: Record<string, number> = {};
  let unread: Reading<never> | undefined;
  for (const policy of policies) {
    const governor = await cpus.leaf(`cpufreq/${policy}/scaling_governor`, line);
    if (governor.ok) counts[governor.value] = (counts[governor.value] ?? 0) + 1;
    else if (governor.reason !== 'unsupported') unread = governor;
  }
  if (unread !== undefined) return unread;
  return Object.keys(counts).length === 0 ? absent('unsupported', `${CPUS}/cpufreq: no governor`) : known(counts);
};

/** CPUs, their governors and the memory nodes: what changes by hand or by a fault, not by load. */
export const cpus = defineCollector({
  apiVersion: 1,
  id: 'cpus',
  provides: ['cpus'],
  reads: CPUS,
  schedule: { everySeconds: 300 },
  sheddable: true,
  deadlineMs: 5_000,
  async collect(host) {
    const files = directory(host, CPUS);
    const listed = await files.list();
    if (!listed.ok) return { cpus: listed };
    return {
      cpus: known({
        ref: NODE,
        online: await files.leaf('online', countInList),
        present: await files.leaf('present', countInList),
        smt: await files.leaf('smt/control', line),
        governors: await governorsOf(files),
        numaNodesOnline: await directory(host, NODES).leaf('online', countInList),
      }),
    };
  },
});
