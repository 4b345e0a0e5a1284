import { describe, expect, it } from 'vitest';
import { withStandingCauses } from '../../src/agent/standing-causes.ts';
import { absent, type Facts, known, type NicPort } from '../../src/api.ts';
import type { FactMap } from '../../src/engine/snapshot.ts';
import { stall } from '../../src/parse/pressure.ts';
import { factOf, healthyGpu, healthyGpus, nodeRef } from '../support/healthy-gpu.ts';
import { healthyMinutes, healthyNvlinks, healthyPort, healthyPorts } from '../support/snapshot.ts';

const factsOf = (over: Partial<Facts> = {}): FactMap =>
  Object.fromEntries(
    Object.entries({ gpus: healthyGpus(8), nvlinks: healthyNvlinks(8), nics: healthyPorts(9), ...over }).map(
      ([name, value]) => [name, factOf(value)],
    ),
  ) as FactMap;

/** `gpu3 nvlink_degraded`, of every GPU; `(weak)` where it counts only for what it explains. */
const causesWith = (over: Partial<Facts>): string[] =>
  withStandingCauses(healthyMinutes(), factsOf(over)).flatMap(({ ref, causes }) =>
    causes.map(({ kind, weak }) => `gpu${ref.index} ${kind}${weak === true ? ' (weak)' : ''}`),
  );
const onEvery = (kind: string): string[] => Array.from({ length: 8 }, (_, i) => `gpu${i} ${kind}`);

const withPort = (n: number, over: Partial<NicPort>): Partial<Facts> => ({
  nics: healthyPorts(9).map((port, i) => (i === n ? healthyPort(n, over) : port)),
});
/** Eight ports of the compute fabric, each as it is said. */
const cards = (over: (n: number) => Partial<NicPort>): Partial<Facts> => ({
  nics: Array.from({ length: 8 }, (_, n) => healthyPort(n, over(n))),
});
const modelOf = (n: number, model: string) => {
  const { ref } = healthyPort(n);
  return { ...ref, model };
};
/** GPUs with so many links up, of 18. */
const linksUp = (...counts: readonly number[]): Partial<Facts> => ({
  nvlinks: healthyNvlinks(counts.length).map((gpu, i) => ({
    ...gpu,
    links: gpu.links.ok ? known(gpu.links.value.map((link, n) => ({ ...link, up: n < (counts[i] ?? 0) }))) : gpu.links,
  })),
});
const pressure = (avg300: number, resource: 'cpu' | 'memory' | 'io' = 'cpu'): Partial<Facts> => {
  const calm = { avg60: known(0), avg300: known(0) };
  const read = stall(`some avg10=0.00 avg60=0.00 avg300=${avg300.toFixed(2)} total=1\n`);
  return {
    hostPressure: { ref: nodeRef, cpu: calm, memory: calm, io: calm, [resource]: read.ok ? read.value : calm },
  };
};

describe('causes that the query cannot tell', () => {
  it('are none on a healthy node, nor where nothing is known', () => {
    expect(causesWith({})).toEqual([]);
    const minutes = healthyMinutes();
    expect(withStandingCauses(minutes, {})).toBe(minutes);
  });

  it('NVLinks that are down, on their GPU, against the siblings', () => {
    const nvlinks = healthyNvlinks(8).map((gpu, i) =>
      i === 2 && gpu.links.ok
        ? { ...gpu, links: known(gpu.links.value.map((link, n) => (n < 2 ? { ...link, up: false } : link))) }
        : gpu,
    );
    expect(causesWith({ nvlinks })).toEqual(['gpu2 nvlink_degraded']);
    // Links that are unused on all of them are how this machine is built.
    const unused = healthyNvlinks(8).map((gpu) => ({
      ...gpu,
      links: gpu.links.ok ? known(gpu.links.value.map((link, n) => ({ ...link, up: n > 1 }))) : gpu.links,
    }));
    expect(causesWith({ nvlinks: unused })).toEqual([]);
  });

  it('NVLinks only where most GPUs of the model have more: bridges join some pairs and not others', () => {
    expect(causesWith(linksUp(4, 4, 0, 0))).toEqual([]);
    expect(causesWith(linksUp(4, 4, 4, 4, 0, 0, 0, 0))).toEqual([]);
    expect(causesWith(linksUp(4, 4, 4, 3))).toEqual(['gpu3 nvlink_degraded']);
    // Of two nobody knows which is as it was built.
    expect(causesWith(linksUp(18, 12))).toEqual([]);
    // A display adapter beside them is none of their like.
    const mixed = linksUp(18, 18, 18, 18, 18, 0).nvlinks?.map((gpu, i) =>
      i < 5 ? gpu : { ...gpu, ref: { ...gpu.ref, model: 'NVIDIA T400' } },
    );
    expect(causesWith({ nvlinks: mixed ?? [] })).toEqual([]);
  });

  it('remapped rows, from ten on', () => {
    const gpusWith = (rows: number) =>
      healthyGpus(8).map((gpu, i) => (i === 5 ? healthyGpu(5, { rows: { correctable: known(rows) } }) : gpu));
    expect(causesWith({ gpus: gpusWith(10) })).toEqual(['gpu5 remapped_rows']);
    expect(causesWith({ gpus: gpusWith(9) })).toEqual([]);
  });

  it('a port of the compute fabric below its siblings, on every GPU of the node', () => {
    expect(causesWith(withPort(3, { rateGbps: known(200) }))).toEqual(onEvery('link_degraded'));
    expect(causesWith(withPort(3, { state: known('DOWN') }))).toEqual(onEvery('link_degraded'));
    // The storage port is none of it.
    expect(causesWith(withPort(8, { rateGbps: known(200) }))).toEqual([]);
  });

  it('a port only against most of its like', () => {
    // Half are slower, half are not cabled: nobody knows which half is as it was built.
    expect(causesWith(cards((n) => (n % 2 === 0 ? {} : { rateGbps: known(200) })))).toEqual([]);
    expect(causesWith(cards((n) => (n % 2 === 0 ? {} : { state: known('DOWN') })))).toEqual([]);
    // Most are not cabled: those that are, are no rule for the others.
    expect(causesWith(cards((n) => (n < 3 ? {} : { state: known('DOWN') })))).toEqual([]);
    const isMinority = (n: number): boolean => n > 4;
    expect(causesWith(cards((n) => (isMinority(n) ? { rateGbps: known(200) } : {})))).toEqual(onEvery('link_degraded'));
    // Fewer than half, but of another model, or another link layer.
    const other = (n: number): Partial<NicPort> => ({ ref: modelOf(n, 'MT4123'), rateGbps: known(200) });
    expect(causesWith(cards((n) => (isMinority(n) ? other(n) : {})))).toEqual([]);
    const ethernet = { linkLayer: known('ethernet'), rateGbps: known(100) } as const;
    expect(causesWith(cards((n) => (isMinority(n) ? ethernet : {})))).toEqual([]);
    const down = (n: number): Partial<NicPort> => ({ ref: modelOf(n, 'MT4123'), state: known('DOWN') });
    expect(causesWith(cards((n) => (isMinority(n) ? down(n) : {})))).toEqual([]);
    // The rate of a port that does not say whether it is up is the rate of no link.
    expect(causesWith(withPort(3, { state: absent('denied', 'sysfs'), rateGbps: known(10) }))).toEqual([]);
  });

  it.each(['cpu', 'io'] as const)(
    'tasks that wait for %s, only where that explains: a job does so itself',
    (resource) => {
      expect(causesWith(pressure(95, resource))).toEqual(onEvery('host_pressure (weak)'));
      expect(causesWith(pressure(25, resource))).toEqual(onEvery('host_pressure (weak)'));
      expect(causesWith(pressure(24, resource))).toEqual([]);
    },
  );

  it('tasks that wait for memory, by itself', () => {
    expect(causesWith(pressure(10, 'memory'))).toEqual(onEvery('host_pressure'));
    expect(causesWith(pressure(9, 'memory'))).toEqual([]);
  });

  it('a kind once only: what the samples said of it stands', () => {
    const minutes = healthyMinutes().map((minute) => ({
      ...minute,
      causes: [{ kind: 'remapped_rows' as const, detail: '12 remapped rows' }],
    }));
    const gpus = healthyGpus(8).map((_, i) => healthyGpu(i, { rows: { correctable: known(12) } }));
    for (const { causes } of withStandingCauses(minutes, factsOf({ gpus }))) expect(causes).toHaveLength(1);
  });
});
