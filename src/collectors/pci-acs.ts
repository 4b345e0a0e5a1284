import { absent, type B, type Collector, defineCollector, type Host, known, NODE } from '../api.ts';
import { isVirtualMachine } from '../parse/hypervisor.ts';
import { devicesBelow, readBridges } from '../parse/lspci.ts';
import { directory, line } from './sysfs.ts';

const DEVICES = '/sys/bus/pci/devices';
const DMI = '/sys/class/dmi/id';

/**
 * Bridges only, by number and with their domain: no device of a job is touched, no database is searched. `-vv` is what it
 * takes to see ACSCtl; it would also read the vital product data of a bridge that has some.
 */
const ARGS = ['-D', '-n', '-vv', '-d', '::0604'];

const DEADLINE_MS = 10_000;
// Four kilobytes a bridge; a node with eight GPUs has some hundred.
const MAX_BYTES = 4 << 20;

const askIfVirtual = async (host: Host): Promise<B> => {
  const cpuinfo = await host.read('/proc/cpuinfo');
  if (!cpuinfo.ok) return cpuinfo;
  const dmi = directory(host, DMI);
  return isVirtualMachine(cpuinfo.value, await dmi.leaf('sys_vendor', line), await dmi.leaf('product_name', line));
};

/** Access Control Services of the PCIe bridges, on a machine without a hypervisor. It does not become one. */
export const createPciAcsCollector = (): Collector<'pciAcs'> => {
  let virtual: B | undefined;
  return defineCollector({
    apiVersion: 1,
    id: 'pci-acs',
    provides: ['pciAcs'],
    reads: `lspci ${ARGS.join(' ')}`,
    // Firmware and boot set it; a tool may, at any time. 20 ms for a hundred bridges.
    schedule: { everySeconds: 3600 },
    sheddable: true,
    deadlineMs: DEADLINE_MS,
    async collect(host) {
      if (virtual?.ok !== true) virtual = await askIfVirtual(host);
      if (!virtual.ok) return { pciAcs: virtual };
      if (virtual.value)
        return { pciAcs: absent('unsupported', 'a virtual machine: its host needs ACS to keep guests apart') };
      const run = await host.run('lspci', ARGS, { deadlineMs: DEADLINE_MS, maxBytes: MAX_BYTES });
      const bridges = run.ok ? readBridges(run.value) : run;
      if (!bridges.ok) return { pciAcs: bridges };
      const addresses = await host.list(DEVICES);
      if (!addresses.ok) return { pciAcs: addresses };
      return {
        pciAcs: known({
          ref: NODE,
          bridges: bridges.value.map((bridge) => {
            const { secondaryBus: _first, subordinateBus: _last, ...said } = bridge;
            return { ...said, below: devicesBelow(bridge, addresses.value) };
          }),
        }),
      };
    },
  });
};
