import { expect, it } from 'vitest';
import { actionWords } from '../../src/report/actions.ts';
import { nameOf, namesOf, whereabouts } from '../../src/report/component-name.ts';

it.each([
  [{ kind: 'gpu', index: 3, pci_bus_id: '00000000:4B:00.0' }, 'GPU 3'],
  [{ kind: 'gpu', pci_bus_id: '00000000:4B:00.0' }, 'GPU 00000000:4B:00.0'],
  [{ kind: 'nic', device: 'mlx5_2', port: 1 }, 'NIC mlx5_2/1'],
  [{ kind: 'nic', device: 'mlx5_2' }, 'NIC mlx5_2'],
  [{ kind: 'nvswitch', pci_bus_id: '00000000:05:00.0' }, 'NVSwitch 00000000:05:00.0'],
  [{ kind: 'node' }, 'node'],
  [{ kind: 'node', device: '/var' }, '/var'],
] as const)('%o is called %s', (component, name) => {
  expect(nameOf(component)).toBe(name);
});

it('says several components in few words', () => {
  const gpus = [0, 1, 2, 5, 7].map((index) => ({ kind: 'gpu', index }) as const);
  expect(namesOf([...gpus, { kind: 'nic', device: 'mlx5_0', port: 1 }, { kind: 'node' }])).toBe(
    'GPUs 0-2, 5, 7; NIC mlx5_0/1; node',
  );
  expect(namesOf([{ kind: 'gpu', index: 4 }])).toBe('GPU 4');
});

it('does not repeat in the whereabouts what the name says', () => {
  expect(whereabouts({ kind: 'gpu', pci_bus_id: '00000000:4B:00.0', serial: '1', slot: '4' })).toEqual([
    'slot 4',
    'serial 1',
  ]);
});

it.each([
  [{ drain: true, then: 'reboot' }, 'drain the node, then reboot it'],
  [{ drain: true, then: 'none' }, 'drain the node'],
  [{ drain: true, then: 'service' }, 'drain the node, then have the part serviced'],
  [{ drain: false, then: 'watch' }, 'watch it'],
  [{ drain: false, then: 'none' }, 'nothing'],
] as const)('%o reads: %s', (action, words) => {
  expect(actionWords(action)).toBe(words);
});
