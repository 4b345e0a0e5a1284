import { absent, defineCollector, type Host, known, type NicPort, type Raw, type Reading } from '../api.ts';
import { readIbstat } from '../parse/infiniband/ibstat.ts';
import { readDevice } from './infiniband-device.ts';
import { directory } from './sysfs.ts';

const CLASS = '/sys/class/infiniband';
const TOOL_DEADLINE_MS = 5_000;
// Some 60 files a port, two at a time: where no core is free each waits for its turn, and 10 ports took more than 5 s
// (two cores, load 11). Below the period; a device that hangs is given up by itself after 2 s.
const DEADLINE_MS = 20_000;

/** What a recording or a container without /sys still has: `ibstat`, which knows states and rates but no counters. */
const askIbstat = async (host: Host): Promise<Reading<readonly Raw<NicPort>[]>> => {
  const run = await host.run('ibstat', [], { deadlineMs: TOOL_DEADLINE_MS });
  return run.ok ? readIbstat(run.value) : run;
};

const readNics = async (host: Host): Promise<Reading<readonly Raw<NicPort>[]>> => {
  const devices = await host.list(CLASS);
  if (!devices.ok) {
    if (devices.reason !== 'no-device' && devices.reason !== 'not-recorded') return devices;
    const asked = await askIbstat(host);
    // The kernel says that there is no RDMA device: a tool that fails on such a machine takes nothing back.
    const isSilent = !asked.ok && ['no-tool', 'not-recorded', 'failed'].includes(asked.reason);
    return isSilent ? devices : asked;
  }
  const ports = await Promise.all(devices.value.map((name) => readDevice(directory(host, `${CLASS}/${name}`), name)));
  const all = ports.flat();
  return all.length === 0 ? absent('no-device', `${CLASS} lists no port`) : known(all);
};

/** The ports of every InfiniBand and RoCE device. */
export const infiniband = defineCollector({
  apiVersion: 1,
  id: 'infiniband',
  provides: ['nics'],
  reads: `${CLASS}, else ibstat`,
  schedule: { everySeconds: 30 },
  deadlineMs: DEADLINE_MS,
  async collect(host) {
    return { nics: await readNics(host) };
  },
});
