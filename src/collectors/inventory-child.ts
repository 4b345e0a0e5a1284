import { bios, cpu, mem, osInfo, system } from 'systeminformation';

/** What the child prints, as one line of JSON; read back by `parse/inventory.ts`. */
const ask = async (): Promise<Readonly<Record<string, unknown>>> => {
  const [machine, firmware, processor, os, memory] = await Promise.all([system(), bios(), cpu(), osInfo(), mem()]);
  return {
    manufacturer: machine.manufacturer,
    model: machine.model,
    serial: machine.serial,
    biosVersion: firmware.version,
    cpu: `${processor.manufacturer} ${processor.brand}`.trim(),
    kernel: os.kernel,
    distribution: `${os.distro} ${os.release}`.trim(),
    memoryBytes: memory.total,
  };
};

/** The child process of the inventory collector: systeminformation starts programs and blocks, so it runs apart. */
export const runInventoryChild = async (): Promise<number> => {
  process.stdout.write(`${JSON.stringify(await ask())}\n`);
  return 0;
};
