import type { MachineSpec } from '../machine.ts';
import type { KernelRecord } from './state.ts';

/** What the kernel and the driver say when a healthy machine starts; offsets are seconds after boot. */
export const bootLog = (machine: MachineSpec, bootMs: number): KernelRecord[] => {
  const record = (seconds: number, text: string, priority = 6): KernelRecord => ({
    priority,
    atMs: bootMs + Math.round(seconds * 1000),
    text,
  });
  const major = machine.driver.split('.')[0] ?? '';
  return [
    record(0, `Linux version ${machine.host.kernel} (simulated by muster)`, 5),
    record(0.004, 'Command line: BOOT_IMAGE=/boot/vmlinuz root=/dev/md0 ro quiet'),
    ...machine.nics.map((nic, i) => record(6.1 + i * 0.21, `mlx5_core ${nic.pci}: firmware version: ${nic.firmware}`)),
    record(11.4, 'nvidia: loading out-of-tree module taints kernel.', 4),
    ...machine.nvswitches.map((nvswitch, i) =>
      record(11.9 + i * 0.01, `nvidia-nvswitch${i}: using MSI (${nvswitch.pci})`),
    ),
    record(12.2, `NVRM: loading NVIDIA UNIX Open Kernel Module for ${machine.driver}  Release Build`, 5),
    record(12.6, `nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  ${machine.driver}`),
    record(12.9, `nvidia-uvm: Loaded the UVM driver, major device number ${500 + (Number(major) % 10)}.`),
    ...machine.nics
      .filter((nic) => nic.role !== 'unused' && nic.linkLayer === 'Ethernet')
      .map((nic, i) => record(15 + i * 0.1, `mlx5_core ${nic.pci} ${nic.netdev}: Link up`)),
  ];
};
