import type { Cause, Component, Facts, GpuMinute, N } from '../api.ts';
import type { FactMap } from '../engine/snapshot.ts';

/** As SuperBench fails a node (the default of straggler/at-risk too). */
const REMAPPED_ROWS = 10;
/**
 * Assumed, as in straggler/at-risk: the kernel's documentation names no number, and a host that has as many cores as it has
 * work shows a few percent (Documentation/accounting/psi.rst). From the lower one on it may explain what a GPU shows.
 */
const STALLED = { cpu: 0.4, memory: 0.1, io: 0.4 } as const;
const MAY_EXPLAIN = 0.25;

const usual = (values: readonly number[]): number | undefined => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, often], [b, oftenB]) => oftenB - often || b - a)[0]?.[0];
};

const fact = <K extends keyof FactMap & keyof Facts>(facts: FactMap, name: K): Facts[K] | undefined => {
  const found = facts[name];
  return found?.ok === true ? (found.value as Facts[K]) : undefined;
};

const numberOf = (reading: N): number => (reading.ok ? reading.value : 0);

/** Links that are down are a cause where the GPU's siblings have more: unused links are down on healthy machines. */
const nvlinks = (facts: FactMap): readonly (readonly [Component, Cause])[] => {
  const up = (fact(facts, 'nvlinks') ?? []).flatMap(({ ref, links }) =>
    links.ok ? [{ ref, count: links.value.filter((link) => link.up).length }] : [],
  );
  const expected = usual(up.map(({ count }) => count));
  return up.flatMap(({ ref, count }) =>
    expected !== undefined && count < expected
      ? [
          [
            ref,
            { kind: 'nvlink_degraded', detail: `${count} NVLink links are up, its siblings have ${expected}` },
          ] as const,
        ]
      : [],
  );
};

const rows = (facts: FactMap): readonly (readonly [Component, Cause])[] =>
  (fact(facts, 'gpus') ?? []).flatMap(({ ref, rows: { correctable, uncorrectable } }) => {
    const remapped = numberOf(correctable) + numberOf(uncorrectable);
    return remapped >= REMAPPED_ROWS
      ? [[ref, { kind: 'remapped_rows', detail: `${remapped} remapped rows` }] as const]
      : [];
  });

/**
 * A port of the compute fabric that is down or slower than its siblings. It holds the whole node back: NCCL's rings lead
 * through every GPU, and what one rail does not carry the others must.
 */
const links = (facts: FactMap): readonly Cause[] => {
  const ports = (fact(facts, 'nics') ?? []).filter(({ role }) => role === 'compute');
  const isUp = (port: (typeof ports)[number]): boolean => port.state.ok && port.state.value === 'ACTIVE';
  const expected = usual(ports.filter(isUp).flatMap(({ rateGbps }) => (rateGbps.ok ? [rateGbps.value] : [])));
  if (expected === undefined) return [];
  return ports.flatMap((port): readonly Cause[] => {
    const name = port.ref.device ?? port.ref.key;
    const { state, rateGbps } = port;
    if (state.ok && state.value !== 'ACTIVE')
      return [{ kind: 'link_degraded', detail: `${name} is ${state.value}, its siblings run at ${expected} Gb/s` }];
    if (rateGbps.ok && rateGbps.value < expected)
      return [{ kind: 'link_degraded', detail: `${name} runs at ${rateGbps.value} Gb/s, its siblings at ${expected}` }];
    return [];
  });
};

const pressure = (facts: FactMap): readonly Cause[] => {
  const host = fact(facts, 'hostPressure');
  if (host === undefined) return [];
  return (['cpu', 'memory', 'io'] as const).flatMap((resource): readonly Cause[] => {
    const { avg300 } = host[resource];
    if (!avg300.ok || avg300.value < Math.min(MAY_EXPLAIN, STALLED[resource])) return [];
    const detail = `tasks of the host waited for ${resource} ${Math.round(avg300.value * 100)} % of the last 5 min`;
    return [{ kind: 'host_pressure', detail, ...(avg300.value < STALLED[resource] ? { weak: true } : {}) }];
  });
};

/** At most one of a kind: the first that counts by itself says enough. */
const oneOfAKind = (causes: readonly Cause[]): readonly Cause[] => {
  const kinds = new Map<string, Cause>();
  for (const cause of causes)
    if (kinds.get(cause.kind)?.weak !== undefined || !kinds.has(cause.kind)) kinds.set(cause.kind, cause);
  return [...kinds.values()];
};

/** What holds on the node as a whole. */
export const nodeCauses = (facts: FactMap): readonly Cause[] => oneOfAKind([...links(facts), ...pressure(facts)]);

/**
 * The minutes with the causes that the query of the samples cannot tell: those of one GPU on it, those of the node on each
 * of its GPUs. What the query told stays as it is.
 */
export const withStandingCauses = (minutes: readonly GpuMinute[], facts: FactMap): readonly GpuMinute[] => {
  const ofNode = nodeCauses(facts);
  const ofGpus = [...nvlinks(facts), ...rows(facts)];
  if (ofNode.length === 0 && ofGpus.length === 0) return minutes;
  return minutes.map((minute) => {
    const own = ofGpus.filter(([{ key }]) => key === minute.ref.key).map(([, cause]) => cause);
    return { ...minute, causes: oneOfAKind([...minute.causes, ...own, ...ofNode]) };
  });
};
