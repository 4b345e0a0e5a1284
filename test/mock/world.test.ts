import { describe, expect, test } from 'vitest';
import { MACHINE_NAMES } from '../../src/mock/machines.ts';
import { changedPaths, file, machineNamed, treeOf, xmlLeaves } from './support.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';

describe.each(MACHINE_NAMES)('%s', (name) => {
  test('the same request gives the same text', () => {
    expect([...treeOf(`${name}+ecc+ib-flap`, 7)]).toEqual([...treeOf(`${name}+ecc+ib-flap`, 7)]);
  });

  test('another seed is another machine: other UUIDs, the same kind', () => {
    const uuids = (seed: string): string[] => file(treeOf(name, 0, seed), XML).match(/GPU-[0-9a-f-]{36}/g) ?? [];
    const [a, b] = [uuids('a'), uuids('b')];
    expect(new Set([...a, ...b]).size).toBe(2 * machineNamed(name).gpus.length);
  });

  test('a second later sensors and traffic have moved, identities and states have not', () => {
    const changed = changedPaths(treeOf(name, 0), treeOf(name, 1));
    expect(changed).toContain(XML);
    expect(changed).toContain('sys/class/infiniband/mlx5_0/ports/1/counters/port_rcv_data');
    const still = /(uevent|state|rate|link_width|link_speed|fw_ver|boot_id|version|nvlink_-s|topo_-m|_-L|kmsg|ibstat)/;
    expect(changed.filter((path) => still.test(path))).toEqual([]);
  });

  test('nothing is negative, undefined or NaN', () => {
    for (const [path, text] of treeOf(`${name}+busy`, 3)) {
      expect(text, path).not.toMatch(/NaN|undefined|\[object/);
      if (/counters\//.test(path)) expect(Number(text), path).toBeGreaterThanOrEqual(0);
    }
  });

  test('a busy GPU draws power below its limit and keeps a margin', () => {
    for (const [gpu, leaves] of xmlLeaves(file(treeOf(`${name}+busy`), XML))) {
      if (gpu === 'header') continue;
      const read = (path: string): number =>
        Number.parseFloat(leaves.find((leaf) => leaf.path === `nvidia_smi_log/gpu/${path}`)?.text ?? '');
      expect(read('utilization/gpu_util')).toBeGreaterThan(90);
      expect(read('gpu_power_readings/instant_power_draw')).toBeLessThanOrEqual(
        read('gpu_power_readings/current_power_limit'),
      );
      expect(read('temperature/gpu_temp')).toBeLessThan(80);
    }
  });
});

test('the kernel log is one growing text of records of the kernel itself', () => {
  const before = file(treeOf('hgx-h100-8+xid79', 0), 'kmsg');
  expect(file(treeOf('hgx-h100-8+xid79', 60), 'kmsg')).toBe(before);
  const records = before.trimEnd().split('\n');
  for (const record of records) expect(record).toMatch(/^[0-7],\d+,\d+,-;\S/);
  expect(records.map((record) => Number(record.split(',')[1]))).toEqual(records.map((_, i) => i));
  const times = records.map((record) => Number(record.split(',')[2]));
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('the matrix names the rail of each GPU and underlines its header', () => {
  const rows = file(treeOf('hgx-h100-8'), 'commands/nvidia-smi_topo_-m.out').split('\n');
  expect(rows[0]?.startsWith('\t\x1b[4mGPU0\t')).toBe(true);
  const gpu3 = rows.find((row) => row.startsWith('GPU3\t'))?.split('\t') ?? [];
  expect(gpu3.slice(1, 9)).toEqual(['NV18', 'NV18', 'NV18', ' X ', 'NV18', 'NV18', 'NV18', 'NV18']);
  expect(gpu3.slice(9, 19)).toEqual(['NODE', 'NODE', 'NODE', 'PXB', 'SYS', 'SYS', 'SYS', 'SYS', 'SYS', 'SYS']);
  expect(rows.filter((row) => /^ {2}NIC\d: mlx5_\d$/.test(row))).toHaveLength(10);
});

test('Grace machines keep their PCI domains in every spelling', () => {
  const tree = treeOf('gb300-nvl72+xid95@gpu2');
  expect(file(tree, XML)).toContain('<gpu id="00000018:06:00.0">');
  expect(file(tree, XML)).toContain('<pci_domain>0018</pci_domain>');
  expect(file(tree, 'kmsg')).toContain('NVRM: Xid (PCI:0018:06:00): 95,');
  expect(tree.has('sys/bus/pci/devices/0018:06:00.0/uevent')).toBe(true);
});
