import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MachineTree } from '../../src/host/tree.ts';
import { type MockSpec, parseFaultSpec } from '../../src/mock/fault-spec.ts';
import { FAULTS, faultApplies } from '../../src/mock/faults.ts';
import { type FaultChange, injectFault, recoverFault } from '../../src/mock/inject.ts';
import { renderWorld } from '../../src/mock/world.ts';
import {
  changedLeaves,
  changedPaths,
  errorOf,
  file,
  machineNamed,
  START_MS,
  treeOf,
  value,
  xmlLeaves,
} from './support.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const NIC2 = 'sys/class/infiniband/mlx5_2/ports/1';

/** `+lost@gpu3` injects, `-lost@gpu3` recovers, at a second after the start. */
type Step = readonly [second: number, change: string];

const at = (second: number): number => START_MS + second * 1000;

const changed = (spec: string, steps: readonly Step[]): MockSpec =>
  steps.reduce(
    (mock, [second, text]) => {
      const change: FaultChange = text.startsWith('+') ? injectFault : recoverFault;
      return value(change(mock, text.slice(1), at(second)));
    },
    value(parseFaultSpec(spec)),
  );

const treeAt = (mock: MockSpec, second: number): MachineTree =>
  renderWorld({ ...mock, seed: 'test', startMs: START_MS, atMs: at(second) });

const leaf = (tree: MachineTree, gpu: number, path: string): string => {
  const leaves = [...xmlLeaves(file(tree, XML)).values()][gpu + 1];
  return leaves?.find((found) => found.path === `nvidia_smi_log/gpu/${path}`)?.text ?? 'not there';
};
const VOLATILE = 'ecc_errors/volatile/dram_uncorrectable';
const AGGREGATE = 'ecc_errors/aggregate/dram_uncorrectable';
const HEAT = 'clocks_event_reasons_counters/clocks_event_reasons_counters_hw_therm_slowdown';
const CAPPED = 'clocks_event_reasons_counters/clocks_event_reasons_counters_sw_power_cap';

const fitting = FAULTS.map(({ name }) => (name === 'xid<N>' ? 'xid95' : name)).filter(
  (name) => faultApplies(machineNamed('hgx-h100-8'), name).ok,
);

describe('a fault that comes while the machine runs', () => {
  test.each(fitting)('%s: nothing shows before it, and the same request gives the same text', (fault) => {
    const mock = changed('hgx-h100-8', [[10, `+${fault}`]]);
    expect([...treeAt(mock, 9)]).toEqual([...treeOf('hgx-h100-8', 9)]);
    expect([...treeAt(mock, 12)]).toEqual([...treeAt(mock, 12)]);
    expect(changedPaths(treeOf('hgx-h100-8', 12), treeAt(mock, 12))).not.toEqual([]);
  });

  test('counts from its own beginning', () => {
    const mock = changed('hgx-h100-8', [
      [10, '+ib-errors@mlx5_2'],
      [10, '+ecc@gpu3'],
      [10, '+throttle@gpu3'],
    ]);
    const received = (tree: MachineTree): number => Number(file(tree, `${NIC2}/counters/port_rcv_errors`));
    const gained = (second: number): number => received(treeAt(mock, second)) - received(treeOf('hgx-h100-8', second));
    expect([10, 11, 14].map(gained)).toEqual([0, 50, 200]);
    expect([10, 11, 14].map((second) => leaf(treeAt(mock, second), 3, VOLATILE))).toEqual(['1', '2', '5']);
    expect(leaf(treeAt(mock, 15), 3, HEAT)).toBe('2000000 us');
  });
});

describe('a fault that is recovered', () => {
  test.each([
    'lost@gpu3',
    'pcie-width@gpu1',
    'hot@gpu2',
    'nvlink-down@gpu4',
    'recovery-reset@gpu0',
    'hung-smi',
    'no-driver',
  ])('%s, injected or of the command line, leaves a healthy machine', (fault) => {
    const injected = changed('hgx-h100-8', [
      [5, `+${fault}`],
      [20, `-${fault}`],
    ]);
    const given = changed(`hgx-h100-8+${fault}`, [[20, `-${fault}`]]);
    for (const mock of [injected, given]) {
      expect([...treeAt(mock, 20)]).toEqual([...treeOf('hgx-h100-8', 20)]);
      expect(changedPaths(treeOf('hgx-h100-8', 19), treeAt(mock, 19))).not.toEqual([]);
    }
  });

  test('no counter falls when it is over, whatever comes and goes', () => {
    const counters = (tree: MachineTree): Map<string, number> =>
      new Map([
        ...[...tree]
          .filter(([path]) => /counters\/|carrier_down_count/.test(path))
          .map(([p, t]) => [p, Number(t)] as const),
        ...[...xmlLeaves(file(tree, XML))].flatMap(([gpu, leaves]) =>
          leaves
            .filter(({ path }) =>
              /(_correctable|_uncorrectable|_counters_\w+|replay_counter|remapped_row_unc)$/.test(path),
            )
            .map(({ path, text }) => [`${gpu} ${path}`, Number.parseInt(text, 10)] as const),
        ),
      ]);
    const names = [
      'busy',
      'ecc@gpu3',
      'throttle@gpu3',
      'power-brake@gpu1',
      'remap-pending@gpu2',
      'ib-down@mlx5_2',
      'ib-flap@mlx5_2',
      'ib-errors@mlx5_2',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 12 }), (toggled) => {
        let mock = value(parseFaultSpec('hgx-h100-8'));
        let before = counters(treeAt(mock, 0));
        for (const [i, name] of toggled.entries()) {
          const second = 2 * i + 1;
          const injected = injectFault(mock, name, at(second));
          mock = injected.ok ? injected.value : value(recoverFault(mock, name, at(second)));
          const now = counters(treeAt(mock, second));
          for (const [counter, count] of before) expect(now.get(counter), counter).toBeGreaterThanOrEqual(count);
          before = now;
        }
      }),
      { numRuns: 15 },
    );
  });

  test('what a memory fault has counted stays until the GPU is reset, what waits for the reset does not', () => {
    const recovered = changed('hgx-h100-8', [
      [10, '+ecc@gpu3'],
      [11, '+remap-pending@gpu3'],
      [14, '-ecc@gpu3'],
      [15, '-remap-pending@gpu3'],
    ]);
    expect(leaf(treeAt(recovered, 60), 3, VOLATILE)).toBe('5');
    expect(leaf(treeAt(recovered, 60), 3, 'remapped_rows/remapped_row_unc')).toBe('1');
    expect(leaf(treeAt(recovered, 60), 3, 'remapped_rows/remapped_row_pending')).toBe('No');
  });
});

describe('the kernel log', () => {
  const kmsg = (mock: MockSpec, second: number): string => file(treeAt(mock, second), 'kmsg');

  test('of an Xid that is injected twice has it twice, and keeps it when it is recovered', () => {
    const mock = changed('hgx-h100-8', [
      [10, '+xid79@gpu3'],
      [30, '+xid79@gpu3'],
      [40, '-xid79@gpu3'],
    ]);
    const count = (second: number): number => kmsg(mock, second).match(/Xid \(PCI:0000:61:00\): 79,/g)?.length ?? 0;
    expect([9, 10, 29, 30, 60].map(count)).toEqual([0, 1, 1, 2, 2]);
  });

  test('dates an Xid to its injection', () => {
    const micros = (second: number): number =>
      Number(
        kmsg(changed('hgx-h100-8', [[second, '+xid79@gpu3']]), second)
          .trimEnd()
          .split('\n')
          .at(-1)
          ?.split(',')[2],
      );
    expect(micros(25) - micros(10)).toBe(15_000_000);
  });

  test('only grows, whatever is injected, recovered and in what order', () => {
    const names = ['xid79@gpu3', 'xid13@gpu0', 'ib-flap@mlx5_2', 'missing@gpu5', 'gpu-reset@gpu5', 'lost@gpu1'];
    fc.assert(
      fc.property(
        fc.constantFrom('hgx-h100-8', 'hgx-h100-8+missing@gpu2+xid48@gpu1', 'hgx-h100-8+ib-flap+xid79@gpu3'),
        fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...names)), { maxLength: 10 }),
        (spec, changes) => {
          let mock = value(parseFaultSpec(spec));
          let before = kmsg(mock, 0);
          for (const [i, [inject, name]] of changes.entries()) {
            const next = (inject ? injectFault : recoverFault)(mock, name, START_MS + i + 1);
            mock = next.ok ? next.value : mock;
            const now = file(renderWorld({ ...mock, seed: 'test', startMs: START_MS, atMs: START_MS + i + 1 }), 'kmsg');
            expect(now.startsWith(before)).toBe(true);
            before = now;
          }
          const sequences = before
            .trimEnd()
            .split('\n')
            .map((record) => Number(record.split(',')[1]));
          expect(sequences).toEqual(sequences.map((_, i) => i));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a reset of the GPU', () => {
  test('begins its counters since load again and those of no other GPU', () => {
    const worn = 'hgx-h100-8+busy+throttle@gpu3+throttle@gpu4';
    const mock = changed(worn, [[10, '+gpu-reset@gpu3']]);
    const leaves = changedLeaves(file(treeOf(worn, 10), XML), file(treeAt(mock, 10), XML));
    expect(leaves).toEqual([
      `00000000:61:00.0 ${HEAT}`,
      `00000000:61:00.0 ${CAPPED}`,
      '00000000:61:00.0 pci/replay_counter',
    ]);
    expect([HEAT, CAPPED].map((path) => leaf(treeAt(mock, 10), 3, path))).toEqual(['0 us', '0 us']);
    expect([HEAT, CAPPED].map((path) => leaf(treeAt(mock, 20), 3, path))).toEqual(['4000000 us', '500000 us']);
  });

  test('brings a lost GPU back, remaps its row, forgets volatile errors and keeps the aggregate', () => {
    const broken = 'hgx-h100-8+lost@gpu3+ecc@gpu2+remap-pending@gpu2+recovery-reset@gpu2';
    const mock = changed(broken, [
      [8, '+missing@gpu3'],
      [10, '+gpu-reset@gpu2'],
      [11, '+gpu-reset@gpu3'],
    ]);
    const tree = treeAt(mock, 30);
    expect(file(tree, XML)).not.toContain('GPU is lost');
    expect(file(tree, XML)).toContain('<attached_gpus>8</attached_gpus>');
    expect(leaf(tree, 2, VOLATILE)).toBe('0');
    expect(leaf(tree, 2, AGGREGATE)).toBe('13');
    expect(leaf(tree, 2, 'gpu_recovery_action')).toBe('None');
    expect(leaf(tree, 2, 'remapped_rows/remapped_row_pending')).toBe('No');
    expect(leaf(tree, 2, 'remapped_rows/remapped_row_unc')).toBe('1');
    expect(errorOf(recoverFault(mock, 'lost@gpu3', at(31)))).toBe('fault "lost@gpu3" is not there; nothing is');
  });

  test('heals neither the hardware nor another GPU', () => {
    const hardware = ['remap-failed', 'pcie-width', 'hot', 'power-brake', 'vbios-drift'];
    const broken = `hgx-h100-8${hardware.map((name) => `+${name}@gpu3`).join('')}+lost@gpu4+ib-down`;
    const mock = changed(broken, [[10, '+gpu-reset@gpu3']]);
    expect(changedLeaves(file(treeOf(broken, 10), XML), file(treeAt(mock, 10), XML))).toEqual([
      '00000000:61:00.0 clocks_event_reasons_counters/clocks_event_reasons_counters_hw_power_brake',
      `00000000:61:00.0 ${CAPPED}`,
      '00000000:61:00.0 pci/replay_counter',
    ]);
    expect(changedPaths(treeOf(broken, 10), treeAt(mock, 10))).toEqual([XML]);
  });

  test('can happen again, and what breaks after it is broken', () => {
    const mock = changed('hgx-h100-8', [
      [10, '+gpu-reset@gpu3'],
      [20, '+ecc@gpu3'],
      [25, '+gpu-reset@gpu3'],
      [30, '+ecc@gpu3'],
      [30, '+lost@gpu4'],
    ]);
    expect(leaf(treeAt(mock, 24), 3, VOLATILE)).toBe('5');
    expect(leaf(treeAt(mock, 32), 3, VOLATILE)).toBe('3');
    expect(leaf(treeAt(mock, 32), 3, AGGREGATE)).toBe('9');
    expect(file(treeAt(mock, 32), XML)).toContain('GPU is lost');
  });
});

describe('a change that cannot be is one line', () => {
  test.each([
    ['losst@gpu3', /^unknown fault "losst"; did you mean "lost"\?/],
    ['lost@gpu8', /^fault "lost": hgx-h100-8 has no "gpu8"/],
    ['', /a fault is written FAULT\[@COMPONENT\]$/],
    ['lost@gpu1+hot@gpu2', /: a fault is written/],
  ])('%j, injected and recovered', (written, expected) => {
    const mock = value(parseFaultSpec('hgx-h100-8'));
    for (const change of [injectFault, recoverFault]) expect(errorOf(change(mock, written, at(1)))).toMatch(expected);
  });

  test('a fault that is there already, under its full name or by default', () => {
    const mock = value(parseFaultSpec('hgx-h100-8+lost+hung-smi'));
    for (const written of ['lost', 'lost@gpu0', 'hung-smi']) {
      expect(errorOf(injectFault(mock, written, at(1)))).toMatch(/^fault ".*" is there already; recover it before/);
    }
    expect(injectFault(mock, 'lost@gpu1', at(1)).ok).toBe(true);
  });

  test('a fault that is not there, or not any more', () => {
    const mock = changed('hgx-h100-8+hot@gpu2', [[5, '+xid79@gpu3']]);
    expect(errorOf(recoverFault(mock, 'lost@gpu3', at(6)))).toBe(
      'fault "lost@gpu3" is not there; there are hot@gpu2, xid79@gpu3',
    );
    const over = value(recoverFault(mock, 'xid79@gpu3', at(6)));
    expect(errorOf(recoverFault(over, 'xid79@gpu3', at(7)))).toMatch(/^fault "xid79@gpu3" is not there/);
  });
});
