import type { Cause, Component, Facts, GpuMinute, N, NicPort } from '../api.ts';
import type { FactMap } from '../engine/snapshot.ts';
import { usualOf } from '../straggler/group-by.ts';
import { RULES } from '../straggler/rules.ts';

/**
 * Assumed, as in straggler/at-risk: the kernel's documentation names no number, and a healthy host shows next to no memory
 * stalls (Documentation/accounting/psi.rst). A job at work makes tasks wait for cores and files itself, its data loaders are
 * more than the cores: of these two a quarter of the time may explain what a GPU shows, and says nothing by itself.
 */
const STALLED = { cpu: 0.25, memory: 0.1, io: 0.25 } as const;
const SAYS_NOTHING_ALONE: ReadonlySet<keyof typeof STALLED> = new Set(['cpu', 'io']);

/**
 * What is usual among those of the like that have more, where these are more than half of all: then the others should have
 * it too. Of a half nobody knows which half is as it was built.
 */
const usuallyMore = (own: number, like: readonly number[]): number | undefined => {
  const more = like.filter((other) => other > own);
  return more.length * 2 > like.length ? usualOf(more) : undefined;
};

const fact = <K extends keyof FactMap & keyof Facts>(facts: FactMap, name: K): Facts[K] | undefined => {
  const found = facts[name];
  return found?.ok === true ? (found.value as Facts[K]) : undefined;
};

const numberOf = (reading: N): number => (reading.ok ? reading.value : 0);

/** Links that are down are a cause where most GPUs of the model have more: bridges join PCIe cards in pairs, or not at all. */
const nvlinks = (facts: FactMap): readonly (readonly [Component, Cause])[] => {
  const up = (fact(facts, 'nvlinks') ?? []).flatMap(({ ref, links }) =>
    links.ok ? [{ ref, count: links.value.filter((link) => link.up).length }] : [],
  );
  return up.flatMap(({ ref, count }) => {
    const like = up.filter((other) => other.ref.model === ref.model).map((other) => other.count);
    const expected = usuallyMore(count, like);
    return expected === undefined
      ? []
      : [
          [
            ref,
            { kind: 'nvlink_degraded', detail: `${count} NVLink links are up, its siblings have ${expected}` },
          ] as const,
        ];
  });
};

const rows = (facts: FactMap): readonly (readonly [Component, Cause])[] =>
  (fact(facts, 'gpus') ?? []).flatMap(({ ref, rows: { correctable, uncorrectable } }) => {
    const remapped = numberOf(correctable) + numberOf(uncorrectable);
    return remapped >= RULES.remappedRows
      ? [[ref, { kind: 'remapped_rows', detail: `${remapped} remapped rows` }] as const]
      : [];
  });

const isActive = ({ state }: NicPort): boolean => state.ok && state.value === 'ACTIVE';

/** Ports of the same model and link layer, itself among them: the ones that should look alike. */
const alike = (port: NicPort, ports: readonly NicPort[]): readonly NicPort[] =>
  ports.filter(
    ({ ref, linkLayer }) =>
      ref.model === port.ref.model && (!linkLayer.ok || !port.linkLayer.ok || linkLayer.value === port.linkLayer.value),
  );

/**
 * A port of the compute fabric that is down or slower than most of its like. It holds the whole node back: NCCL's rings lead
 * through every GPU, and what one rail does not carry the others must. Of a card with two ports one is often not cabled.
 */
const links = (facts: FactMap): readonly Cause[] => {
  const ports = (fact(facts, 'nics') ?? []).filter(({ role }) => role === 'compute');
  return ports.flatMap((port): readonly Cause[] => {
    const name = port.ref.device ?? port.ref.key;
    const { state, rateGbps } = port;
    const like = alike(port, ports);
    const active = like.filter(isActive);
    const rates = active.flatMap(({ rateGbps: rate }) => (rate.ok ? [rate.value] : []));
    if (state.ok && !isActive(port)) {
      const expected = usualOf(rates);
      const mostAre = active.length * 2 > like.length;
      const run = expected === undefined ? 'are ACTIVE' : `run at ${expected} Gb/s`;
      return mostAre ? [{ kind: 'link_degraded', detail: `${name} is ${state.value}, its siblings ${run}` }] : [];
    }
    const expected = isActive(port) && rateGbps.ok ? usuallyMore(rateGbps.value, rates) : undefined;
    return expected !== undefined && rateGbps.ok
      ? [{ kind: 'link_degraded', detail: `${name} runs at ${rateGbps.value} Gb/s, its siblings at ${expected}` }]
      : [];
  });
};

const pressure = (facts: FactMap): readonly Cause[] => {
  const host = fact(facts, 'hostPressure');
  if (host === undefined) return [];
  return (['cpu', 'memory', 'io'] as const).flatMap((resource): readonly Cause[] => {
    const { avg300 } = host[resource];
    if (!avg300.ok || avg300.value < STALLED[resource]) return [];
    const detail = `tasks of the host waited for ${resource} ${Math.round(avg300.value * 100)} % of the last 5 min`;
    return [{ kind: 'host_pressure', detail, ...(SAYS_NOTHING_ALONE.has(resource) ? { weak: true } : {}) }];
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
