import { describe, expect, it } from 'vitest';
import type { Strand } from '../../../checks/shared/incidents.ts';
import { explains } from '../../../checks/shared/xid-sequels.ts';
import type { KernelEvent } from '../../../src/api.ts';
import { gpuRef } from '../../support/healthy-gpu.ts';

const AT = Date.UTC(2026, 8, 1, 12);
const ALL = Array.from({ length: 200 }, (_, i) => i + 1);

/** A fault of the hardware, which says nothing but its number. */
const strand = (number: number, o: { gpu?: number; meaning?: KernelEvent['meaning'] } = {}): Strand<string> => {
  const component = gpuRef(o.gpu ?? 2);
  const event: KernelEvent = {
    at: AT,
    firstAt: AT,
    kind: 'xid',
    fromKernel: true,
    code: number,
    component,
    repeats: 1,
    fields: {},
    text: `NVRM: Xid (PCI:0000:52:00): ${number}, x`,
    ...(o.meaning === undefined ? {} : { meaning: o.meaning }),
  };
  return { component, number, event, code: 'hardware-xid', severity: 'WARNING', members: [] };
};
const broughtBy = (number: number, gpu = 2): readonly number[] =>
  ALL.filter((other) => other !== number && other !== 154 && explains(strand(number), strand(other, { gpu })));

describe('which Xid brings which other along (NVIDIA Xid catalogue)', () => {
  it('of its own GPU', () => {
    const table = ALL.filter((number) => number !== 79)
      .map((number) => [number, broughtBy(number)] as const)
      .filter(([, others]) => others.length > 0);
    expect(Object.fromEntries(table)).toEqual({
      48: [63, 64, 94, 95, 171, 172],
      94: [63, 64],
      95: [63, 64, 94],
      140: [94, 95],
      144: [48, 94, 95],
      145: [48, 94, 95],
      146: [48, 94, 95],
      171: [63, 64, 94, 95],
      172: [94, 95],
    });
  });

  it('of another GPU: what the other end of a link says of one that is gone, and nothing else', () => {
    expect(broughtBy(79, 5)).toEqual([74, 137, 144, 145, 146, 147, 148, 149, 150, 155]);
    expect(ALL.filter((number) => number !== 79 && broughtBy(number, 5).length > 0)).toEqual([]);
  });

  it('of any GPU: a link that went down, where NVIDIA says to look for one', () => {
    const meaning = { investigatory: 'CHECK_NVLINK_FAILURE_FLOW' } as KernelEvent['meaning'];
    const causes = ALL.filter((number) => explains(strand(number), strand(137, { gpu: 5, meaning })));
    expect(causes).toEqual([74, 79, 149, 155]);
  });
});
