import { describe, expect, it } from 'vitest';
import atRisk from '../../../checks/straggler/at-risk.ts';
import { absent, type Gpu, type HostPressure, known, type NicPort, type Stall } from '../../../src/api.ts';
import { stall } from '../../../src/parse/pressure.ts';
import { healthyLinks } from '../../support/healthy-facts.ts';
import {
  absentCounter,
  counterOf,
  healthyGpu,
  healthyGpus,
  judgeWith,
  nodeRef,
  type Overrides,
} from '../../support/healthy-gpu.ts';
import { counterLimit, healthyNic, healthyNics, healthyRails, nicRef, withNic } from '../../support/healthy-nic.ts';
import type { GivenFacts } from '../../support/judge.ts';
import { findingOf, findingsIn, passesIn, unjudgedIn } from '../../support/outcomes.ts';
import { truthOf } from '../../support/truth.ts';

const waiting = (avg60: number, avg300: number): Stall => {
  const read = stall(`some avg10=0.00 avg60=${avg60.toFixed(2)} avg300=${avg300.toFixed(2)} total=812731\n`);
  return read.ok ? read.value : { avg60: read, avg300: read };
};

const pressure = (over: Partial<HostPressure> = {}): HostPressure => ({
  ref: nodeRef,
  cpu: waiting(1.2, 0.8),
  memory: waiting(0, 0),
  io: waiting(0.4, 0.2),
  ...over,
});

const LIMITS = ['symbol_error', 'port_rcv_errors'].map((name) => counterLimit({ name }));

/** Four GPUs, each with a NIC of its own. */
const healthy = (over: GivenFacts = {}): GivenFacts => ({
  gpus: healthyGpus(4),
  nvlinks: healthyGpus(4).map(({ ref }) => healthyLinks(ref)),
  nics: healthyNics(4),
  nicCounterLimits: LIMITS,
  rails: healthyRails(4),
  hostPressure: pressure(),
  ...over,
});

const judgeNode = (over: GivenFacts) => judgeWith(atRisk, healthy(over));
const judgeOne = (overrides: Overrides<Gpu>) =>
  judgeNode({ gpus: healthyGpus(4).map((gpu, i) => (i === 2 ? healthyGpu(2, overrides) : gpu)) });
const judgePort = (over: Overrides<NicPort>) => judgeNode({ nics: withNic(4, 1, over) });
const severityOf = (judgements: Parameters<typeof findingOf>[0]) => {
  const finding = findingOf(judgements);
  return finding?.override?.severity ?? atRisk.rules[finding?.code as 'clocks-locked']?.severity;
};
const throttled = (day: number, recently = 0) =>
  counterOf(day, { interval: recently, '15m': recently, '1h': day, '24h': day });

describe('straggler/at-risk', () => {
  it('passes GPUs that are alike', () => {
    const judgements = judgeNode({});
    expect([...findingsIn(judgements), ...unjudgedIn(judgements)]).toEqual([]);
    const judged = new Set(passesIn(judgements).map((pass) => pass.split(' ')[1]));
    expect([...judged].sort()).toEqual(Object.keys(atRisk.rules).sort());
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
      name: 'a board that can do less, where no application clocks are printed',
      gpu: {
        clock: {
          maxSmHertz: known(1755e6),
          applicationSmHertz: absent('deprecated', 'Requested functionality has been deprecated'),
        },
      },
      code: 'max-clock-lower',
      cause: 'clocks_locked',
      severity: 'WARNING',
    },
    {
      name: 'heat of which the driver takes care, earlier in the day',
      gpu: { throttle: { sw_thermal: { seconds: throttled(3600) } } },
      code: 'sw-thermal-throttle',
      cause: 'thermal_throttle',
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
    expect(finding?.evidence).toMatchObject({ cause, slowdown: expect.stringMatching(/^0–\d+ %|^unknown/) });
    expect(severityOf(judgements)).toBe(severity);
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

  it.each<{ name: string; gpu: Overrides<Gpu> }>([
    { name: 'heat', gpu: { throttle: { hw_thermal: { seconds: throttled(3600) } } } },
    { name: 'a power policy of the site', gpu: { power: { limitWatts: known(500) } } },
    { name: 'application clocks set everywhere', gpu: { clock: { applicationSmHertz: known(1410e6) } } },
    { name: 'a narrow PCIe link', gpu: { pcie: { width: known(8) } } },
  ])('does not accuse one GPU of what all have: $name', ({ gpu }) => {
    const gpus = [0, 1, 2, 3].map((i) => healthyGpu(i, gpu));
    expect(findingsIn(judgeNode({ gpus }))).toEqual([]);
  });

  it('still names the lowered limits where one board escaped the policy', () => {
    const gpus = [0, 1, 2, 3].map((i) => healthyGpu(i, i === 3 ? {} : { power: { limitWatts: known(500) } }));
    expect(findingsIn(judgeNode({ gpus }))).toEqual(
      ['gpu0', 'gpu1', 'gpu2'].map((gpu) => `${gpu} power-limit-lowered`),
    );
  });

  describe('NVLink', () => {
    const links = (over: (index: number, link: number) => Partial<{ up: boolean; rate: number }>) =>
      healthyGpus(4).map(({ ref }, index) => {
        const { links: all } = healthyLinks(ref);
        if (!all.ok) return { ref, links: all };
        const changed = all.value.map((one) => {
          const { up = one.up, rate } = over(index, one.link);
          return { ...one, up, ...(rate === undefined ? {} : { rateGBps: known(rate) }) };
        });
        return { ref, links: known(changed) };
      });

    it('with fewer links up is at risk, and gpu/nvlink-down has the alarm', () => {
      const judgements = judgeNode({ nvlinks: links((gpu, link) => (gpu === 2 && link < 9 ? { up: false } : {})) });
      expect(findingsIn(judgements)).toEqual(['gpu2 nvlinks-fewer']);
      expect(severityOf(judgements)).toBe('INFO');
      expect(findingOf(judgements)?.evidence).toMatchObject({
        cause: 'nvlink_degraded',
        slowdown: expect.stringMatching(/^0–100 %/),
      });
    });

    it('with one slow link is at risk', () => {
      const judgements = judgeNode({
        nvlinks: links((gpu, link) => (gpu === 1 && link === 4 ? { rate: 13.281 } : {})),
      });
      expect(findingsIn(judgements)).toEqual(['gpu1 nvlink-slower']);
      expect(findingOf(judgements)?.message).toMatch(/NVLink 4 of GPU 1 runs at 13\.281 GB\/s/);
    });

    it('alike on all GPUs, bridged in pairs or rounded otherwise is well', () => {
      expect(findingsIn(judgeNode({ nvlinks: links((_, link) => (link < 9 ? { up: false } : {})) }))).toEqual([]);
      expect(findingsIn(judgeNode({ nvlinks: links((gpu) => (gpu < 2 ? { up: false } : {})) }))).toEqual([]);
      expect(findingsIn(judgeNode({ nvlinks: links((gpu) => (gpu === 0 ? { rate: 26.5 } : {})) }))).toEqual([]);
    });
  });

  describe('compute ports', () => {
    it('below the rate of the ports like them are at risk, and network/link-rate has the alarm', () => {
      const judgements = judgePort({ rateGbps: known(200) });
      expect(findingsIn(judgements)).toEqual(['mlx5_1 port-slower']);
      expect(severityOf(judgements)).toBe('INFO');
      expect(findingOf(judgements)?.evidence).toMatchObject({ slowdown: expect.stringMatching(/^0–100 %/) });
    });

    it('whose errors rise alone are at risk', () => {
      const rising = { counters: { symbol_error: counterOf(5000, { '1h': 4000 }) } };
      const judgements = judgePort(rising);
      expect(findingsIn(judgements)).toEqual(['mlx5_1 port-errors']);
      expect(findingOf(judgements)?.evidence).toMatchObject({
        cause: 'link_degraded',
        counters: 'symbol_error +4000',
      });
      const all = [0, 1, 2, 3].map((i) => healthyNic(i, rising));
      expect(findingsIn(judgeNode({ nics: all }))).toEqual([]);
    });

    it('are not judged by storage ports, nor while they are down', () => {
      const nics = withNic(4, 1, { role: 'storage', rateGbps: known(100) });
      expect(findingsIn(judgeNode({ nics, rails: [] }))).toEqual([]);
      expect(findingsIn(judgePort({ state: known('DOWN'), rateGbps: known(10) }))).toEqual([]);
    });

    it('far from one GPU are an INFO here: network/rail-misalignment warns', () => {
      const rails = healthyRails(4).map((rail) =>
        rail.gpu.index === 3 && rail.nic.key === nicRef(3).key ? { ...rail, path: 'NODE' } : rail,
      );
      const judgements = judgeNode({ rails });
      expect(findingsIn(judgements)).toEqual(['gpu3 wrong-rail']);
      expect(severityOf(judgements)).toBe('INFO');
    });

    it('far from all GPUs tell nothing of rails', () => {
      const rails = healthyRails(4).map((rail) => ({ ...rail, path: 'SYS' }));
      expect(findingsIn(judgeNode({ rails }))).toEqual([]);
      expect(passesIn(judgeNode({ rails })).join()).not.toContain('wrong-rail');
    });
  });

  describe('host pressure', () => {
    const busyGpus = [0, 1, 2, 3].map((i) => healthyGpu(i, { busy: known(true) }));
    it.each<{ name: string; facts: GivenFacts; severity: string | undefined }>([
      { name: 'CPUs', facts: { hostPressure: pressure({ cpu: waiting(71, 55) }) }, severity: 'WARNING' },
      { name: 'memory', facts: { hostPressure: pressure({ memory: waiting(14, 12) }) }, severity: 'WARNING' },
      { name: 'one task that copies', facts: { hostPressure: pressure({ io: waiting(97, 95) }) }, severity: 'INFO' },
      {
        name: 'CPUs of a job at work',
        facts: { hostPressure: pressure({ cpu: waiting(71, 55) }), gpus: busyGpus },
        severity: 'INFO',
      },
      { name: 'a burst', facts: { hostPressure: pressure({ cpu: waiting(80, 20) }) }, severity: undefined },
      { name: 'what is over', facts: { hostPressure: pressure({ cpu: waiting(3, 60) }) }, severity: undefined },
    ])('by $name: $severity', ({ facts, severity }) => {
      const judgements = judgeNode(facts);
      expect(findingsIn(judgements)).toEqual(severity === undefined ? [] : ['node host-pressure']);
      expect(severityOf(judgements)).toBe(severity);
    });

    it('of which the kernel keeps no account is not judged', () => {
      const none = absent('unsupported', '/proc/pressure/cpu: EOPNOTSUPP');
      expect(unjudgedIn(judgeNode({ hostPressure: none }))).toEqual(['node host-pressure unsupported']);
      const half = pressure({ io: { avg60: none, avg300: none } });
      expect(unjudgedIn(judgeNode({ hostPressure: half }))).toEqual(['node host-pressure unsupported']);
    });
  });

  it('judges its GPUs where the machine has neither NVLink nor RDMA ports', () => {
    const none = absent('no-device', '/sys/class/infiniband: ENOENT');
    const judgements = judgeNode({ nvlinks: none, nics: none, rails: none, hostPressure: none });
    expect(findingsIn(judgements)).toEqual([]);
    const silent = new Set(unjudgedIn(judgements).map((one) => one.split(' ')[1] as 'port-slower'));
    // Silence about them does not hold back the pass of the rest.
    expect([...silent].filter((code) => atRisk.rules[code].availability === undefined)).toEqual([]);
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
    const { violations, dependences } = truthOf(
      atRisk,
      healthy({
        gpus: healthyGpus(3),
        nvlinks: healthyGpus(3).map(({ ref }) => healthyLinks(ref, 2)),
        nics: healthyNics(3),
        rails: healthyRails(3),
        // Over, but only just: with both averages low no value alone would decide.
        hostPressure: pressure({ cpu: waiting(1, 60) }),
      }),
    );
    expect(violations).toEqual([]);
    const dependent = new Set(dependences.map((one) => one.split('|').at(-1)));
    // Rails are words of a matrix, without readings of their own: their absence as a whole is tested above.
    expect([...dependent].sort()).toEqual(
      Object.keys(atRisk.rules)
        .filter((code) => code !== 'wrong-rail')
        .sort(),
    );
  });
});
