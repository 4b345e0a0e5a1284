import { describe, expect, it } from 'vitest';
import linkDown from '../../../checks/network/link-down.ts';
import linkRate from '../../../checks/network/link-rate.ts';
import missingNics from '../../../checks/network/missing-nics.ts';
import { absent, type Expected, type ExpectedNics, known, type NicPort } from '../../../src/api.ts';
import { assumed, genericProfile, judgeWith, profileOf, specified, unsaid } from '../../support/healthy-gpu.ts';
import { ethernetNic, healthyNic, healthyNics, withNic } from '../../support/healthy-nic.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const expecting = (count: Expected<number>, rateGbps: Expected<number> = unsaid) => {
  const compute: ExpectedNics = { role: 'compute', count, rateGbps, pcieGeneration: unsaid, pcieWidth: unsaid };
  return profileOf({ nics: [compute] });
};
const down = { state: known('DOWN'), physicalState: known('Polling'), rateGbps: known(40) } as const;

describe('network/missing-nics', () => {
  it.each([
    { name: 'passes all', nics: healthyNics(8), profile: expecting(assumed(8)), found: [], severity: undefined },
    {
      name: 'passes more than expected',
      nics: healthyNics(9),
      profile: expecting(assumed(8)),
      found: [],
      severity: undefined,
    },
    {
      name: 'warns against an assumed number',
      nics: healthyNics(7),
      profile: expecting(assumed(8)),
      found: ['node missing'],
      severity: 'WARNING',
    },
    {
      name: 'is critical against a sure number',
      nics: healthyNics(7),
      profile: expecting(specified(8)),
      found: ['node missing'],
      severity: undefined,
    },
    {
      name: 'counts compute devices, not storage',
      nics: [...healthyNics(7), ethernetNic(9)],
      profile: expecting(specified(8)),
      found: ['node missing'],
      severity: undefined,
    },
    {
      name: 'takes "no such directory" for an answer',
      nics: absent('no-device', '/sys/class/infiniband does not exist'),
      profile: expecting(specified(8)),
      found: ['node missing'],
      severity: undefined,
    },
  ])('$name', ({ nics, profile, found, severity }) => {
    const judgements = judgeWith(missingNics, { nics, profile });
    expect(findingsIn(judgements)).toEqual(found);
    expect(findingOf(judgements)?.override?.severity).toBe(severity);
    if (found.length === 0) expect(passesIn(judgements)).toEqual(['node missing']);
  });

  it('does not drain for an assumed number', () => {
    const finding = findingOf(judgeWith(missingNics, { nics: [], profile: expecting(assumed(8)) }));
    expect(finding?.override?.action?.drain).toBe(false);
  });

  it('does not take a NIC that does not answer for one that is missing', () => {
    const silent = {
      role: 'unknown',
      state: absent('hung', 'not read'),
      linkLayer: absent('hung', 'not read'),
    } as const;
    const judgements = judgeWith(missingNics, { nics: withNic(8, 2, silent), profile: expecting(specified(8)) });
    expect(unjudgedIn(judgements)).toEqual(['node missing hung']);
    const oneLess = judgeWith(missingNics, { nics: withNic(7, 2, silent), profile: expecting(specified(8)) });
    expect(findingsIn(oneLess)).toEqual(['node missing']);
  });

  it('judges nothing without a number, or without a look at the NICs', () => {
    expect(unjudgedIn(judgeWith(missingNics, { nics: [], profile: genericProfile() }))).toEqual([
      'node missing unsupported',
    ]);
    const nics = absent('denied', 'EACCES');
    expect(unjudgedIn(judgeWith(missingNics, { nics, profile: expecting(specified(8)) }))).toEqual([
      'node missing denied',
    ]);
  });
});

describe('network/link-down', () => {
  it('passes active ports and says nothing of unused ones', () => {
    const nics = [...healthyNics(2), ethernetNic(8, { role: 'unused', ...down })];
    const judgements = judgeWith(linkDown, { nics });
    expect(passesIn(judgements)).toEqual(['mlx5_0 all', 'mlx5_1 all']);
    expect(findingsIn(judgements)).toEqual([]);
  });

  it.each([
    { state: 'DOWN', code: 'down' },
    { state: 'INIT', code: 'initializing' },
    { state: 'ARMED', code: 'armed' },
  ])('is critical about a port that is $state while its siblings are up', ({ state, code }) => {
    const judgements = judgeWith(linkDown, { nics: withNic(4, 2, { state: known(state) }) });
    expect(findingsIn(judgements)).toEqual([`mlx5_2 ${code}`]);
    expect(findingOf(judgements)).toMatchObject({
      related: [{ device: 'mlx5_0' }, { device: 'mlx5_1' }, { device: 'mlx5_3' }],
    });
    expect(findingOf(judgements)?.override).toBeUndefined();
    // The other two states are over, so that a condition about them clears.
    expect(passesIn(judgements).filter((one) => one.startsWith('mlx5_2'))).toHaveLength(2);
  });

  it.each([
    { name: 'no profile', profile: undefined, severity: 'WARNING' },
    { name: 'an assumed profile', profile: expecting(assumed(2)), severity: 'WARNING' },
    { name: 'a sure profile', profile: expecting(specified(2)), severity: undefined },
  ])('with all ports down and $name', ({ profile, severity }) => {
    const nics = [0, 1].map((i) => healthyNic(i, down));
    const judgements = judgeWith(linkDown, { nics, ...(profile === undefined ? {} : { profile }) });
    expect(findingsIn(judgements)).toEqual(['mlx5_0 down', 'mlx5_1 down']);
    expect(findingOf(judgements)?.override?.severity).toBe(severity);
  });

  it('does not take a port of another model or link layer for a sibling', () => {
    const nics = [healthyNic(0, down), ethernetNic(1, { role: 'compute' })];
    expect(findingOf(judgeWith(linkDown, { nics }))?.override?.severity).toBe('WARNING');
  });

  it.each<{ name: string; state: NicPort['state'] }>([
    { name: 'unreadable', state: absent('denied', 'EACCES') },
    { name: 'in no known word', state: known('SIDEWAYS') },
  ])('does not judge a state that is $name', ({ state }) => {
    const judgements = judgeWith(linkDown, { nics: withNic(2, 1, { state }) });
    expect(passesIn(judgements)).toEqual(['mlx5_0 all']);
    expect(judgements.find((one) => 'unjudged' in one)).toMatchObject({ expected: true });
  });

  it('judges nothing where no port is for compute', () => {
    expect(unjudgedIn(judgeWith(linkDown, { nics: [ethernetNic(0)] }))).toEqual(['node all no-device']);
  });
});

describe('network/link-rate', () => {
  it.each([
    { name: 'all alike', nics: healthyNics(4), found: [] },
    { name: 'a slower storage port', nics: [...healthyNics(4), ethernetNic(8)], found: [] },
    { name: 'one port slower', nics: withNic(4, 1, { rateGbps: known(200) }), found: ['mlx5_1 below-siblings'] },
    { name: 'one of two slower', nics: withNic(2, 0, { rateGbps: known(200) }), found: ['mlx5_0 below-siblings'] },
    { name: 'the rate that a down port prints', nics: withNic(4, 1, down), found: [] },
    {
      name: 'another model',
      nics: [...healthyNics(4), ethernetNic(8, { role: 'compute' })],
      found: [],
    },
  ])('compares only what should be alike: $name', ({ nics, found }) => {
    expect(findingsIn(judgeWith(linkRate, { nics }))).toEqual(found);
  });

  it.each([
    { name: 'an assumed rate warns', rate: assumed(400), severity: 'WARNING' },
    { name: 'a sure rate is critical', rate: specified(400), severity: undefined },
  ])('all ports below the profile: $name', ({ rate, severity }) => {
    const nics = healthyNics(2).map((nic) => ({ ...nic, rateGbps: known(200) }));
    const judgements = judgeWith(linkRate, { nics, profile: expecting(specified(2), rate) });
    expect(findingsIn(judgements)).toEqual(['mlx5_0 below-profile', 'mlx5_1 below-profile']);
    expect(findingOf(judgements)?.override?.severity).toBe(severity);
  });

  it('never passes a port whose rate is not known', () => {
    const judgements = judgeWith(linkRate, { nics: withNic(3, 1, { rateGbps: absent('failed', 'EIO') }) });
    expect(unjudgedIn(judgements)).toContain('mlx5_1 all failed');
    expect(passesIn(judgements).some((one) => one.startsWith('mlx5_1'))).toBe(false);
  });

  it('does not pass when no port is active', () => {
    const judgements = judgeWith(linkRate, { nics: healthyNics(2).map((nic) => ({ ...nic, ...down })) });
    expect(unjudgedIn(judgements)).toEqual(['node all no-device']);
  });
});
