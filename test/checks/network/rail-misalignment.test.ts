import { describe, expect, it } from 'vitest';
import railMisalignment from '../../../checks/network/rail-misalignment.ts';
import { absent, type Rail } from '../../../src/api.ts';
import { judgeWith } from '../../support/healthy-gpu.ts';
import { healthyNics, healthyRails, withNic } from '../../support/healthy-nic.ts';
import { findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const judgeRails = (rails: readonly Rail[]) => judgeWith(railMisalignment, { rails, nics: healthyNics(4) });
const repathed = (change: (gpu: number, nic: number) => string | undefined): readonly Rail[] =>
  healthyRails(4).map((rail) => {
    const path = change(rail.gpu.index ?? -1, Number(rail.nic.device?.slice(-1)));
    return path === undefined ? rail : { ...rail, path };
  });

describe('network/rail-misalignment', () => {
  it('passes a NIC for each GPU', () => {
    const judgements = judgeRails(healthyRails(4));
    expect(findingsIn(judgements)).toEqual([]);
    expect(passesIn(judgements)).toHaveLength(8);
  });

  it('passes a DGX A100: two GPUs and two NICs below each switch', () => {
    const paired = repathed((gpu, nic) => (gpu >> 1 === nic >> 1 ? 'PXB' : 'SYS'));
    expect(findingsIn(judgeRails(paired))).toEqual([]);
    expect(passesIn(judgeRails(paired))).toHaveLength(8);
  });

  it('finds the GPU without a close NIC', () => {
    const moved = repathed((gpu, nic) => (gpu === 2 && nic === 2 ? 'NODE' : undefined));
    expect(findingsIn(judgeRails(moved))).toEqual(['gpu2 no-close-nic']);
  });

  it('finds GPUs that share a NIC while the others do not', () => {
    const shared = repathed((gpu, nic) => (gpu === 1 ? (nic === 0 ? 'PIX' : 'NODE') : undefined));
    expect(findingsIn(judgeRails(shared))).toEqual(['gpu0 shared-nic', 'gpu1 shared-nic']);
  });

  it('judges nothing while the NIC of a GPU does not answer', () => {
    const nics = withNic(4, 2, { role: 'unknown', state: absent('hung', 'not read') });
    expect(unjudgedIn(judgeWith(railMisalignment, { rails: healthyRails(4), nics }))).toEqual(['node all hung']);
  });

  it.each([
    { name: 'a Grace system', rails: repathed(() => 'SYS') },
    {
      name: 'a matrix with close NICs for a few GPUs only',
      rails: repathed((g, n) => (g === 0 && n === 0 ? 'PXB' : 'NODE')),
    },
    { name: 'no matrix', rails: [] },
  ])('judges nothing on $name', ({ rails }) => {
    const judgements = judgeRails(rails);
    expect(unjudgedIn(judgements)).toEqual(['node all unsupported']);
    expect(passesIn(judgements)).toEqual([]);
  });
});
