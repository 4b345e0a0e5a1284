import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFaultSpec } from '../../src/mock/fault-spec.ts';
import { FAULTS } from '../../src/mock/faults.ts';
import { errorOf, value } from './support.ts';

describe('MACHINE[+FAULT[@COMPONENT]…]', () => {
  test('names the machine, the faults and their components', () => {
    const spec = value(parseFaultSpec('hgx-h100-8+xid79@gpu3+ib-down@mlx5_2+hot'));
    expect(spec.machine.name).toBe('hgx-h100-8');
    expect(spec.faults).toEqual([
      { name: 'xid79', component: 'gpu3' },
      { name: 'ib-down', component: 'mlx5_2' },
      { name: 'hot' },
    ]);
  });

  test.each([
    ['hgx-h100', /^unknown machine "hgx-h100"; did you mean "hgx-h100-8"\? known: .*hgx-a100-8, /],
    ['', /^unknown machine ""; known: /],
    ['hgx-h100-8+pwer-brake', /^unknown fault "pwer-brake"; did you mean "power-brake"\? known: .*xid<N>/],
    ['hgx-h100-8+xid', /^unknown fault "xid"/],
    ['hgx-h100-8+xid<N>', /^unknown fault "xid<N>"/],
    ['hgx-h100-8+', /^"": a fault is written FAULT\[@COMPONENT\]$/],
    ['hgx-h100-8+lost@', /^"lost@": a fault is written/],
    ['hgx-h100-8+lost@gpu1@gpu2', /^"lost@gpu1@gpu2": a fault is written/],
    ['hgx-h100-8+lost@gpu8', /^fault "lost": hgx-h100-8 has no "gpu8"\. .*It has gpu0, gpu1/],
    ['gb200-nvl72+lost@gpu4', /has no "gpu4"/],
    ['hgx-h100-8+lost@mlx5_0', /^fault "lost": hgx-h100-8 has no "mlx5_0"/],
    ['hgx-h100-8+ib-down@mlx5-2', /has no "mlx5-2"\. Did you mean "@mlx5_\d"\?/],
    ['hgx-h100-8+hung-smi@gpu0', /^fault "hung-smi" is about the whole node and takes no component/],
    ['hgx-a100-8+fabric-degraded', /^fault "fabric-degraded" makes no sense on hgx-a100-8: its GPUs do not report/],
  ])('%s is refused in one line', (spec, expected) => {
    const error = errorOf(parseFaultSpec(spec));
    expect(error).toMatch(expected);
    expect(error).not.toContain('\n');
  });

  test('a machine without NICs cannot lose a port', () => {
    const { machine } = value(parseFaultSpec('hgx-h100-8'));
    const error = errorOf(parseFaultSpec('ours+ib-down', { ...machine, name: 'ours', nics: [] }));
    expect(error).toBe('fault "ib-down" makes no sense on ours: it has no RDMA NICs');
  });

  test('no text makes it throw, and an error is one line', () => {
    const word = fc.oneof(
      fc.constantFrom('hgx-h100-8', ...FAULTS.map((fault) => fault.name), '@gpu0', '+', '@'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const parsed = parseFaultSpec(words.join('').replaceAll('\n', ' '));
        expect(errorOf(parsed)).not.toContain('\n');
      }),
    );
  });
});
