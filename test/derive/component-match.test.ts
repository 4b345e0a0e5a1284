import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Component } from '../../src/api.ts';
import { matchesComponent } from '../../src/derive/component-match.ts';

const UUID = 'GPU-2410bcb7-6415-4e0c-afa2-8f2816b41599';
const gpu = (index: number, uuid: string, pciBusId: string): Component => ({
  kind: 'gpu',
  key: `gpu:${uuid}`,
  index,
  uuid,
  pciBusId,
  serial: '165202',
  slot: '6',
});
const gpu2 = gpu(2, UUID, '00000000:52:00.0');
const gpu12 = gpu(12, 'GPU-96ee1786-8a3a-4ba7-a28b-3f5e5ca4aa18', '00000001:52:00.0');
const port = (number: number): Component => ({
  kind: 'nic',
  key: `nic:mlx5_2/${number}`,
  device: 'mlx5_2',
  port: number,
  pciBusId: '00000000:18:00.0',
});
const mlx5_2: Component = { kind: 'nic', key: 'nic:mlx5_2', device: 'mlx5_2' };
const mlx5_21: Component = { kind: 'nic', key: 'nic:mlx5_21/1', device: 'mlx5_21', port: 1 };
const nvswitch: Component = { kind: 'nvswitch', key: 'nvswitch:00000000:05:00.0', pciBusId: '00000000:05:00.0' };
const node: Component = { kind: 'node', key: 'node' };
const drive: Component = { kind: 'node', key: 'node:nvme3', device: 'nvme3' };
const all = [gpu2, gpu12, port(1), port(2), mlx5_2, mlx5_21, nvswitch, node, drive];

describe('what a person writes for a part', () => {
  it.each<[string, readonly Component[]]>([
    ['gpu2', [gpu2]],
    ['GPU 2', [gpu2]],
    ['gpu12', [gpu12]],
    ['gpu1', []],
    [UUID, [gpu2]],
    [UUID.toUpperCase(), [gpu2]],
    ['GPU-2410bcb7', [gpu2]],
    ['GPU-2410bcb', []],
    ['GPU-', []],
    [`gpu:${UUID}`, [gpu2]],
    ['00000000:52:00.0', [gpu2]],
    ['0000:52:00', [gpu2]],
    ['52:00.0', [gpu2]],
    ['PCI:0000:52:00', [gpu2]],
    ['1:52:0', [gpu12]],
    ['0000:52:00.1', []],
    ['mlx5_2', [port(1), port(2), mlx5_2]],
    ['mlx5_2/1', [port(1)]],
    ['NIC mlx5_2/2', [port(2)]],
    ['nic:mlx5_2', [port(1), port(2), mlx5_2]],
    ['0000:18:00.0', [port(1), port(2)]],
    ['mlx5_', []],
    ['NVSwitch 00000000:05:00.0', [nvswitch]],
    ['0000:05:00.0', [nvswitch]],
    ['node', [node, drive]],
    ['Node', [node, drive]],
    ['nvme3', [drive]],
    ['nvme', []],
    ['165202', []],
    ['6', []],
    ['*', []],
    ['', []],
  ])('%j', (text, expected) => {
    expect(all.filter((component) => matchesComponent(text, component))).toEqual(expected);
  });

  it('always includes the key, and never throws', () => {
    for (const component of all) expect(matchesComponent(component.key, component)).toBe(true);
    fc.assert(
      fc.property(fc.string(), (text) =>
        all.every((component) => typeof matchesComponent(text, component) === 'boolean'),
      ),
    );
  });
});
