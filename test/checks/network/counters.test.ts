import { describe, expect, it } from 'vitest';
import linkErrors from '../../../checks/network/link-errors.ts';
import linkFlaps from '../../../checks/network/link-flaps.ts';
import { absent, type Counter, type CounterLimit, known } from '../../../src/api.ts';
import { absentCounter, counterOf, judgeWith, steady } from '../../support/healthy-gpu.ts';
import { counterLimit, ethernetNic, healthyNic, healthyNics, withNic } from '../../support/healthy-nic.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const quiet = { interval: 0, '15m': 0, '1h': 0, '24h': 0 };
const noNetdev = absentCounter(absent('no-device', 'no network interface'));

describe('network/link-flaps', () => {
  const flapsOf = (link_downed: Counter, carrierDowns: Counter = steady(0)) =>
    judgeWith(linkFlaps, { nics: [healthyNic(0, { counters: { link_downed }, carrierDowns })] });

  it.each([
    { name: 'a large total that stands still', counter: steady(5000), found: [] },
    {
      name: 'a loss in the last interval',
      counter: counterOf(1, { ...quiet, interval: 1, '15m': 1, '24h': 1 }),
      found: ['mlx5_0 went-down'],
    },
    {
      name: 'a loss in the last 15 minutes',
      counter: counterOf(1, { ...quiet, '15m': 1, '24h': 1 }),
      found: ['mlx5_0 went-down'],
    },
    { name: 'four losses yesterday', counter: counterOf(9, { ...quiet, '24h': 4 }), found: [] },
    { name: 'five losses in a day', counter: counterOf(9, { ...quiet, '24h': 5 }), found: ['mlx5_0 flapping'] },
  ])('$name', ({ counter, found }) => {
    expect(findingsIn(flapsOf(counter))).toEqual(found);
    expect(findingsIn(flapsOf(steady(0), counter))).toEqual(found);
  });

  it('judges a port without network interface by link_downed alone', () => {
    expect(passesIn(flapsOf(steady(0), noNetdev))).toEqual(['mlx5_0 went-down', 'mlx5_0 flapping']);
  });

  it('does not pass on half of the evidence', () => {
    expect(passesIn(flapsOf(steady(0), absentCounter(absent('denied', 'EACCES'))))).toEqual([]);
    expect(unjudgedIn(flapsOf(counterOf(7), noNetdev))).toEqual([
      'mlx5_0 went-down no-history',
      'mlx5_0 flapping no-history',
    ]);
  });

  it('is at most a warning, and leaves unused ports alone', () => {
    expect(Object.values(linkFlaps.rules).map(({ severity }) => severity)).toEqual(['WARNING', 'WARNING']);
    const nics = [ethernetNic(0, { role: 'unused', counters: { link_downed: counterOf(1, { interval: 1 }) } })];
    expect(judgeWith(linkFlaps, { nics })).toEqual([]);
  });
});

describe('network/link-errors', () => {
  const errorsOf = (symbol_error: Counter, limits: readonly CounterLimit[] = [counterLimit()]) =>
    judgeWith(linkErrors, { nics: withNic(2, 0, { counters: { symbol_error } }), nicCounterLimits: limits });
  const grown = (by: number, seconds: number): Counter =>
    counterOf(by, { ...quiet, '1h': known({ by, seconds, resets: 0 }) });

  it.each([
    { name: 'at the limit', counter: grown(120, 3600), found: [] },
    { name: 'above the limit', counter: grown(121, 3600), found: ['mlx5_0 above-limit'] },
    { name: 'a large total that stands still', counter: steady(1e9), found: [] },
    { name: 'half of the window, half of the limit', counter: grown(61, 1800), found: ['mlx5_0 above-limit'] },
    { name: 'one error in five seconds is no rate', counter: grown(1, 5), found: [] },
    { name: 'two errors in five seconds are', counter: grown(2, 5), found: ['mlx5_0 above-limit'] },
  ])('$name', ({ counter, found }) => {
    expect(findingsIn(errorsOf(counter))).toEqual(found);
  });

  it('takes one error where the table tolerates none', () => {
    expect(findingsIn(errorsOf(grown(1, 5), [counterLimit({ threshold: 0 })]))).toEqual(['mlx5_0 above-limit']);
  });

  it('makes one finding a port, as severe as its worst counter', () => {
    const limits = [counterLimit(), counterLimit({ name: 'port_rcv_errors', threshold: 0, severity: 'CRITICAL' })];
    const nics = withNic(1, 0, { counters: { symbol_error: grown(500, 3600), port_rcv_errors: grown(1, 3600) } });
    const judgements = judgeWith(linkErrors, { nics, nicCounterLimits: limits });
    expect(findingsIn(judgements)).toEqual(['mlx5_0 above-limit']);
    expect(findingOf(judgements)?.override).toMatchObject({ severity: 'CRITICAL', action: { drain: true } });
    expect(Object.keys(findingOf(judgements)?.evidence ?? {})).toEqual(['port_rcv_errors', 'symbol_error']);
  });

  it('applies a limit to its link layer only, and leaves to other checks what is theirs', () => {
    const limits = [
      counterLimit({ linkLayer: 'ethernet' }),
      counterLimit({ check: 'network/congestion', threshold: 0 }),
    ];
    const nics = withNic(1, 0, { counters: { symbol_error: grown(500, 3600), link_downed: grown(9, 3600) } });
    expect(judgeWith(linkErrors, { nics, nicCounterLimits: limits })).toEqual([]);
  });

  it.each([
    { name: 'no history', symbol: counterOf(7), reason: 'no-history' },
    { name: 'an unreadable counter', symbol: absentCounter(absent('denied', 'EACCES')), reason: 'denied' },
  ])('does not pass with $name', ({ symbol, reason }) => {
    expect(unjudgedIn(errorsOf(symbol))).toEqual([`mlx5_0 above-limit ${reason}`]);
  });

  it('misses a counter that the siblings have, and not one that the model lacks', () => {
    const { symbol_error: _, ...counters } = healthyNic(0).counters;
    const first = { ...healthyNic(0), counters };
    const nicCounterLimits = [
      counterLimit(),
      counterLimit({ name: 'port_rcv_errors' }),
      counterLimit({ name: 'not_there' }),
    ];
    const judgements = judgeWith(linkErrors, { nics: [first, ...healthyNics(3).slice(1)], nicCounterLimits });
    expect(unjudgedIn(judgements)).toEqual(['mlx5_0 above-limit unsupported']);
    expect(passesIn(judgements)).toEqual(['mlx5_1 above-limit', 'mlx5_2 above-limit']);
  });
});
