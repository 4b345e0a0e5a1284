import type { Component } from '../api.ts';
import { normalizePciBusId } from '../parse/pci-address.ts';

/** What a part can be named by. Never its serial: two GPUs of a GB200 or GB300 board share one. */
export type NamedPart = Pick<Component, 'kind' | 'key' | 'index' | 'uuid' | 'pciBusId' | 'device' | 'port'>;

/** Eight digits tell the parts of one node apart and are what people copy from a table. */
const SHORTEST_UUID = 'GPU-01234567'.length;

const isUuid = (text: string, uuid: string | undefined): boolean =>
  uuid !== undefined && text.length >= SHORTEST_UUID && uuid.toLowerCase().startsWith(text);

/** `mlx5_2` is every port of the device, `mlx5_2/1` one. */
const isDevice = (text: string, { device, port }: NamedPart): boolean =>
  device !== undefined && (text === device.toLowerCase() || text === `${device.toLowerCase()}/${port}`);

/**
 * Whether a person means this part: `gpu3`, `GPU 3`, a UUID or its beginning, a PCI address in any spelling, `mlx5_2`,
 * `mlx5_2/1`, `NIC mlx5_2/1`, `node` with all its parts, `nvme3`, or its key. Text that names no part matches none.
 */
export const matchesComponent = (text: string, component: NamedPart): boolean => {
  const { kind, key, index, uuid, pciBusId } = component;
  const word = text.trim().toLowerCase();
  if (word === key.toLowerCase()) return true;
  if (kind === 'node') return word === 'node' || isDevice(word, component);
  const name = word.startsWith(`${kind} `) || word.startsWith(`${kind}:`) ? word.slice(kind.length + 1).trim() : word;
  if (index !== undefined && (word === `${kind}${index}` || word === `${kind} ${index}`)) return true;
  if (pciBusId !== undefined && normalizePciBusId(name) === pciBusId) return true;
  return isUuid(name, uuid) || isDevice(name, component);
};
