import { describe, expect, it } from 'vitest';
import linkDown from '../../../checks/network/link-down.ts';
import linkErrors from '../../../checks/network/link-errors.ts';
import linkFlaps from '../../../checks/network/link-flaps.ts';
import linkRate from '../../../checks/network/link-rate.ts';
import missingNics from '../../../checks/network/missing-nics.ts';
import type { AnyCheck } from '../../../src/api.ts';
import { profileOf, specified, unsaid } from '../../support/healthy-gpu.ts';
import { counterLimit, healthyNics } from '../../support/healthy-nic.ts';
import { truthOf } from '../../support/truth.ts';

const limits = ['symbol_error', 'port_rcv_errors'].map((name) => counterLimit({ name, threshold: 10 }));

const facts = {
  nics: healthyNics(3),
  nicCounterLimits: limits,
  profile: profileOf({
    nics: [
      { role: 'compute', count: specified(3), rateGbps: specified(400), pcieGeneration: unsaid, pcieWidth: unsaid },
    ],
  }),
};

describe('an absence never becomes a pass', () => {
  const checks: readonly AnyCheck[] = [linkDown, linkErrors, linkFlaps, linkRate];
  it.each(checks)('$id', (check) => {
    const { violations, dependences } = truthOf(check, facts, { except: ['profile'] });
    expect(violations).toEqual([]);
    expect(dependences.length).toBeGreaterThan(0);
  });

  it('network/missing-nics', () => {
    const { violations } = truthOf(missingNics, facts, { except: ['profile'] });
    // "There is no RDMA device" is what the check is about: a finding, not a pass.
    expect(violations).toEqual([]);
  });

  it.each([linkDown, linkRate, linkFlaps, linkErrors] as readonly AnyCheck[])(
    '$id says nothing of a port that is gone',
    (check) => {
      const { dependences } = truthOf(check, { ...facts, nics: [] }, { except: ['profile'] });
      expect(dependences).toEqual([]);
    },
  );
});
