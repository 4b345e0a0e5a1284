import { describe, expect, it } from 'vitest';
import { withStandingCauses } from '../../src/agent/standing-causes.ts';
import { type Facts, known, type NicPort } from '../../src/api.ts';
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
const pressure = (avg300: number): Partial<Facts> => {
  const calm = { avg60: known(0), avg300: known(0) };
  const read = stall(`some avg10=0.00 avg60=0.00 avg300=${avg300.toFixed(2)} total=1\n`);
  return { hostPressure: { ref: nodeRef, cpu: read.ok ? read.value : calm, memory: calm, io: calm } };
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

  it('tasks of the host that wait for nearly half of the time; for a quarter of it only where it explains', () => {
    expect(causesWith(pressure(62))).toEqual(onEvery('host_pressure'));
    expect(causesWith(pressure(39))).toEqual(onEvery('host_pressure (weak)'));
    expect(causesWith(pressure(24))).toEqual([]);
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
