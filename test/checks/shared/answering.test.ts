import { describe, expect, it } from 'vitest';
import { ofAnswering } from '../../../checks/shared/answering.ts';
import { absent, known } from '../../../src/api.ts';
import { gpuRef } from '../../support/healthy-gpu.ts';

describe('what is printed of a GPU', () => {
  const ref = gpuRef(2);

  it('counts while it answers', () => {
    expect(ofAnswering({ ref, health: known('answering') }, known(7))).toEqual(known(7));
  });

  it('is from before where it does not answer, and not known where nobody can say whether it does', () => {
    expect(ofAnswering({ ref, health: known('lost') }, known(7))).toMatchObject({ ok: false, reason: 'lost' });
    const health = absent('unsupported', 'nobody says');
    expect(ofAnswering({ ref, health }, known(7))).toEqual(health);
  });
});
