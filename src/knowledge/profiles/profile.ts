import { type Absent, absent, type Expected, type ExpectedNics, type Profile } from '../../api.ts';
import type { ProductRecord } from './products.ts';
import type { GpuRecord, MachineRecord, Sourced } from './record.ts';

const unsaid: Absent = absent('unsupported', 'the machine profile does not say');

const expected = <T>(given: Sourced<T> | undefined): Expected<T> => (given ? { ok: true, ...given } : unsaid);

const expectedAll = <T>(given: Readonly<Record<string, Sourced<T>>>): Readonly<Record<string, Expected<T>>> =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name, expected(value)]));

/** Only those that are pinned. */
const pinsOf = (pins: NonNullable<MachineRecord['pins']>): Profile['pins'] =>
  Object.fromEntries(Object.entries(pins).flatMap(([name, given]) => (given ? [[name, expected(given)]] : [])));

const gpuOf = (gpu: GpuRecord): Profile['gpu'] => ({
  count: expected(gpu.count),
  pcieGeneration: expected(gpu.pcie_generation),
  pcieWidth: expected(gpu.pcie_width),
  nvlinks: expected(gpu.nvlinks),
  nvlinkGBps: expected(gpu.nvlink_gbps),
  powerLimitWatts: expected(gpu.power_limit_watts),
  maxSmMHz: expected(gpu.max_sm_mhz),
  memoryMiB: expected(gpu.memory_mib),
});

const nicsOf = (nics: NonNullable<MachineRecord['nics']>): readonly ExpectedNics[] =>
  nics.map((nic) => ({
    role: nic.role,
    count: expected(nic.count),
    rateGbps: expected(nic.rate_gbps),
    pcieGeneration: expected(nic.pcie_generation),
    pcieWidth: expected(nic.pcie_width),
  }));

const hostOf = (host: NonNullable<MachineRecord['host']>): Profile['host'] => ({
  cpus: expected(host.cpus),
  numaNodes: expected(host.numa_nodes),
  memoryBytes: expected(host.memory_bytes),
  nvmeDrives: expected(host.nvme_drives),
});

/** What a machine's record leaves open, its base and then the GPU product supply. */
export const machineProfile = (machine: MachineRecord, product: ProductRecord | undefined): Profile => ({
  id: machine.id,
  title: machine.title ?? machine.id,
  known: true,
  configured: false,
  products: machine.products ?? [],
  fabric: expected(machine.fabric),
  gpu: gpuOf({ ...product?.gpu, ...machine.gpu }),
  limits: expectedAll({ ...product?.limits, ...machine.limits }),
  pins: pinsOf(machine.pins ?? {}),
  nics: nicsOf(machine.nics ?? []),
  services: expected(machine.services),
  kernelModules: expected(machine.kernel_modules),
  mounts: expected(machine.mounts),
  host: hostOf(machine.host ?? {}),
});

/**
 * For a GPU in a machine that is not recognised: the numbers of the product alone. How many GPUs, NICs and NVLinks there
 * should be is the machine's business, and so is the width of the slot (virtual machines show x8 of x16 and are well).
 */
export const genericProfile = (name: string | undefined, product: ProductRecord | undefined): Profile => {
  const { pcie_width: _slot, nvlinks: _links, ...gpu } = product?.gpu ?? {};
  return {
    id: name === undefined ? 'generic' : `generic:${name}`,
    title: name === undefined ? 'Machine that is not recognised' : `Machine that is not recognised, with ${name}`,
    known: false,
    configured: false,
    products: name === undefined ? [] : [name],
    fabric: unsaid,
    gpu: gpuOf(gpu),
    limits: expectedAll(product?.limits ?? {}),
    pins: {},
    nics: [],
    services: unsaid,
    kernelModules: unsaid,
    mounts: unsaid,
    host: hostOf({}),
  };
};
