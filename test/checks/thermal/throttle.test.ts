import { describe, expect, it } from 'vitest';
import powerBrake from '../../../checks/thermal/power-brake.ts';
import powerCapLowered from '../../../checks/thermal/power-cap-lowered.ts';
import thermalThrottle from '../../../checks/thermal/thermal-throttle.ts';
import { absent, type Gpu, known } from '../../../src/api.ts';
import { absentCounter, counterOf, healthyGpu, judgeWith, type Overrides } from '../../support/healthy-gpu.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';

const still = { interval: 0, '15m': 0, '1h': 0, '24h': 0 };
const noCounter = absentCounter(absent('unsupported', 'element not printed'));
const gpuWith = (throttle: Overrides<Gpu['throttle']>) => ({ gpus: [healthyGpu(0, { throttle })] });

describe.each([
  { reason: 'hw_thermal', timed: 'hw-thermal', active: 'hw-thermal-active', check: thermalThrottle },
  { reason: 'sw_thermal', timed: 'sw-thermal', active: 'sw-thermal-active', check: thermalThrottle },
  { reason: 'hw_power_brake', timed: 'braked', active: 'brake-active', check: powerBrake },
] as const)('$check.id, $reason', ({ reason, timed, active, check }) => {
  const judge = (seconds: Gpu['throttle']['idle']['seconds'], flag: Gpu['throttle']['idle']['active'] = known(false)) =>
    judgeWith<'gpus', never, string, NonNullable<typeof check.options>>(
      check as never,
      gpuWith({ [reason]: { seconds, active: flag } }),
    );

  it('passes a large total that stands still', () => {
    expect(findingsIn(judge(counterOf(7015, still)))).toEqual([]);
    expect(passesIn(judge(counterOf(7015, still)))).toEqual(
      expect.arrayContaining([`gpu0 ${timed}`, `gpu0 ${active}`]),
    );
  });

  it.each([
    { name: 'rising in the interval', windows: { ...still, interval: 3 } },
    { name: 'rising in the last 15 minutes', windows: { ...still, '15m': 90 } },
  ])('finds time $name', ({ windows }) => {
    expect(findingsIn(judge(counterOf(10, windows)))).toEqual([`gpu0 ${timed}`]);
  });

  it('leaves out single instants, and what is over', () => {
    expect(findingsIn(judge(counterOf(10, { ...still, interval: 0.2, '15m': 0.2, '24h': 900 })))).toEqual([]);
  });

  it('goes by the flag where the driver has no counters', () => {
    expect(findingsIn(judge(noCounter, known(true)))).toEqual([`gpu0 ${active}`]);
    const quiet = judge(noCounter);
    expect(passesIn(quiet)).toContain(`gpu0 ${active}`);
    expect(unjudgedIn(quiet)).toEqual([`gpu0 ${timed} unsupported`]);
    expect(check.rules[timed as never]).toHaveProperty('availability');
  });

  it('says it once when the flag and the counter agree', () => {
    expect(findingsIn(judge(counterOf(10, { ...still, interval: 30 }), known(true)))).toEqual([`gpu0 ${timed}`]);
  });

  it('judges no rate without history', () => {
    expect(unjudgedIn(judge(counterOf(10)))).toEqual([`gpu0 ${timed} no-history`]);
  });

  it('does not pass a GPU that is lost', () => {
    const lost = absent('lost', 'GPU is lost');
    expect(
      passesIn(judge(absentCounter(lost), lost)).filter((one) => one.endsWith(timed) || one.endsWith(active)),
    ).toEqual([]);
  });
});

describe('thermal/thermal-throttle, hw_slowdown', () => {
  const umbrella = (over: Overrides<Gpu['throttle']>) =>
    findingsIn(judgeWith(thermalThrottle, gpuWith({ hw_slowdown: { active: known(true) }, ...over })));

  it('is worth knowing alone, and silent beside its cause', () => {
    expect(umbrella({})).toEqual(['gpu0 hw-slowdown-active']);
    expect(thermalThrottle.rules['hw-slowdown-active'].severity).toBe('INFO');
    expect(umbrella({ hw_thermal: { active: known(true) } })).toEqual(['gpu0 hw-thermal-active']);
    expect(umbrella({ hw_power_brake: { active: known(true) } })).toEqual([]);
  });
});

describe('thermal/power-brake', () => {
  it('drains', () => {
    expect(Object.values(powerBrake.rules).map(({ severity, action }) => [severity, action.drain])).toEqual([
      ['CRITICAL', true],
      ['CRITICAL', true],
    ]);
  });
});

describe('thermal/power-cap-lowered', () => {
  const judge = (power: Overrides<Gpu['power']>) => judgeWith(powerCapLowered, { gpus: [healthyGpu(0, { power })] });

  it.each([
    { name: 'the default', limit: 700, usual: 700, found: [] },
    { name: 'a board sold with a lower default', limit: 500, usual: 500, found: [] },
    { name: 'a raised limit', limit: 336, usual: 320, found: [] },
    { name: 'rounding', limit: 699.5, usual: 700, found: [] },
    { name: 'a lowered limit', limit: 500, usual: 700, found: ['gpu0 lowered'] },
  ])('$name', ({ limit, usual, found }) => {
    expect(findingsIn(judge({ limitWatts: known(limit), defaultLimitWatts: known(usual) }))).toEqual(found);
  });

  it('says both numbers', () => {
    expect(findingOf(judge({ limitWatts: known(500) }))).toMatchObject({ observed: '500 W', expected: '700 W' });
  });

  it('does not judge a virtual GPU, which prints N/A', () => {
    const notPrinted = absent('unsupported', 'N/A');
    expect(unjudgedIn(judge({ limitWatts: notPrinted }))).toEqual(['gpu0 lowered unsupported']);
    expect(unjudgedIn(judge({ defaultLimitWatts: notPrinted }))).toEqual(['gpu0 lowered unsupported']);
  });
});
