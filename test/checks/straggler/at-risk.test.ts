import { describe, expect, it } from 'vitest';
import atRisk from '../../../checks/straggler/at-risk.ts';
import { absent, type Gpu, known } from '../../../src/api.ts';
import {
  absentCounter,
  counterOf,
  healthyGpu,
  healthyGpus,
  judgeWith,
  type Overrides,
} from '../../support/healthy-gpu.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';
import { truthOf } from '../../support/truth.ts';

const judgeOne = (overrides: Overrides<Gpu>) =>
  judgeWith(atRisk, { gpus: healthyGpus(4).map((gpu, i) => (i === 2 ? healthyGpu(2, overrides) : gpu)) });
const throttled = (day: number, recently = 0) =>
  counterOf(day, { interval: recently, '15m': recently, '1h': day, '24h': day });

describe('straggler/at-risk', () => {
  it('passes GPUs that are alike', () => {
    const judgements = judgeWith(atRisk, { gpus: healthyGpus(4) });
    expect(passesIn(judgements)).toHaveLength(4 * Object.keys(atRisk.rules).length);
  });

  it.each<{ name: string; gpu: Overrides<Gpu>; code: string; cause: string; severity: string }>([
    {
      name: 'a lowered power limit, which thermal/ reports',
      gpu: { power: { limitWatts: known(500) } },
      code: 'power-limit-lowered',
      cause: 'power_limit_lowered',
      severity: 'INFO',
    },
    {
      name: 'a board with a lower default than its siblings',
      gpu: { power: { limitWatts: known(500), defaultLimitWatts: known(500) } },
      code: 'power-limit-lowered',
      cause: 'power_limit_lowered',
      severity: 'WARNING',
    },
    {
      name: 'application clocks below the default',
      gpu: { clock: { applicationSmHertz: known(1410e6) } },
      code: 'clocks-locked',
      cause: 'clocks_locked',
      severity: 'WARNING',
    },
    {
      name: 'a narrow PCIe link, which gpu/ reports',
      gpu: { pcie: { width: known(8) } },
      code: 'pcie-degraded',
      cause: 'pcie_degraded',
      severity: 'INFO',
    },
    {
      name: 'an older PCIe generation',
      gpu: { pcie: { maxGeneration: known(4) } },
      code: 'pcie-degraded',
      cause: 'pcie_degraded',
      severity: 'INFO',
    },
    {
      name: 'many remapped rows',
      gpu: { rows: { correctable: known(4), uncorrectable: known(6) } },
      code: 'remapped-rows',
      cause: 'remapped_rows',
      severity: 'WARNING',
    },
    {
      name: 'heat earlier in the day',
      gpu: { throttle: { hw_thermal: { seconds: throttled(3600) } } },
      code: 'thermal-throttle',
      cause: 'thermal_throttle',
      severity: 'WARNING',
    },
    {
      name: 'heat at this moment, which thermal/ reports',
      gpu: { throttle: { hw_thermal: { seconds: throttled(3600, 20) } } },
      code: 'thermal-throttle',
      cause: 'thermal_throttle',
      severity: 'INFO',
    },
    {
      name: 'the power brake earlier in the day',
      gpu: { throttle: { hw_power_brake: { seconds: throttled(3600) } } },
      code: 'power-brake',
      cause: 'power_brake',
      severity: 'WARNING',
    },
  ])('suspects $name: $severity', ({ gpu, code, cause, severity }) => {
    const judgements = judgeOne(gpu);
    expect(findingsIn(judgements)).toEqual([`gpu2 ${code}`]);
    const finding = findingOf(judgements);
    expect(finding?.evidence).toMatchObject({ cause, slowdown: expect.stringMatching(/./) });
    expect(finding?.override?.severity ?? atRisk.rules[code as 'clocks-locked'].severity).toBe(severity);
  });

  it('never drains', () => {
    expect(Object.values(atRisk.rules).some(({ action }) => action.drain)).toBe(false);
  });

  it.each<{ name: string; gpu: Overrides<Gpu> }>([
    {
      name: 'application clocks below the maximum that are the default',
      gpu: { clock: { maxSmHertz: known(2100e6) } },
    },
    { name: 'a PCIe link that idles at a lower generation', gpu: { pcie: { generation: known(1) } } },
    { name: 'nine remapped rows', gpu: { rows: { uncorrectable: known(9) } } },
  ])('does not suspect $name', ({ gpu }) => {
    expect(findingsIn(judgeOne(gpu))).toEqual([]);
  });

  it('does not accuse one GPU of what all have', () => {
    const hot = { throttle: { hw_thermal: { seconds: throttled(3600) } } };
    const gpus = [0, 1, 2, 3].map((i) => healthyGpu(i, hot));
    expect(findingsIn(judgeWith(atRisk, { gpus }))).toEqual([]);
  });

  it('gives the cost of locked clocks as an interval', () => {
    const finding = findingOf(judgeOne({ clock: { applicationSmHertz: known(990e6) } }));
    expect(finding?.evidence?.slowdown).toBe('0–150 %, most likely 60 %');
  });

  it('is silent about what newer drivers no longer print', () => {
    const deprecated = absent('deprecated', 'Requested functionality has been deprecated');
    const judgements = judgeOne({
      clock: { applicationSmHertz: deprecated },
      throttle: { hw_thermal: { seconds: absentCounter(absent('unsupported', 'not printed')) } },
    });
    expect(unjudgedIn(judgements)).toEqual(['gpu2 clocks-locked deprecated', 'gpu2 thermal-throttle unsupported']);
    expect(atRisk.rules['clocks-locked'].availability).toBeDefined();
    expect(atRisk.rules['thermal-throttle'].availability).toBeDefined();
  });

  it('never makes a pass of an absence', () => {
    const { violations, dependences } = truthOf(atRisk, { gpus: healthyGpus(3) });
    expect(violations).toEqual([]);
    expect(dependences.length).toBeGreaterThan(0);
  });
});
