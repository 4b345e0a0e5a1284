import type { Component, Gpu, PciGpu, Raw } from '../api.ts';

const MASKED = /^GPU-0{8}-0{4}-0{4}-0{4}-0{12}$/;

/**
 * Who is who on this node. Sources name a GPU by what they know (a kernel line by its PCI address, nvlink by its UUID,
 * topo by its index); the inventory completes each to one identity and remembers it, so that a lost GPU keeps its name.
 */
export interface IdentityBook {
  learnGpus(gpus: readonly Raw<Gpu>[]): void;
  learnPciGpus(gpus: readonly Raw<PciGpu>[]): void;
  /** The full identity of a component; itself where nothing more is known. */
  identify(component: Component): Component;
  gpus(): readonly Component[];
  /** What an earlier process of this boot had learned. */
  restore(gpus: readonly Component[]): void;
}

/** nvidia-smi counts anew when a GPU is missing: the place in its list is the one of now, whoever said it when. */
const withDefined = (base: Component, extra: Component): Component => ({
  ...extra,
  ...base,
  key: extra.key,
  ...(extra.index === undefined ? {} : { index: extra.index }),
});

export const createIdentityBook = (): IdentityBook => {
  const byPci = new Map<string, Component>();
  const byUuid = new Map<string, Component>();
  const byIndex = new Map<number, Component>();

  const store = (component: Component): void => {
    if (component.pciBusId !== undefined) byPci.set(component.pciBusId, component);
    if (component.uuid !== undefined && component.key === `gpu:${component.uuid}`)
      byUuid.set(component.uuid, component);
    if (component.index !== undefined) byIndex.set(component.index, component);
  };

  /** The UUID follows the board when it moves; captures with masked UUIDs fall back on the PCI address. */
  const keyOf = (ref: Component, duplicated: ReadonlySet<string>): string => {
    if (ref.uuid !== undefined && !duplicated.has(ref.uuid) && !MASKED.test(ref.uuid)) return `gpu:${ref.uuid}`;
    return ref.pciBusId === undefined ? ref.key : `gpu:${ref.pciBusId}`;
  };

  return {
    learnGpus: (gpus) => {
      const seen = new Set<string>();
      const duplicated = new Set<string>();
      for (const { ref } of gpus) {
        if (ref.uuid === undefined) continue;
        if (seen.has(ref.uuid)) duplicated.add(ref.uuid);
        seen.add(ref.uuid);
      }
      for (const gpu of gpus) {
        const { ref } = gpu;
        // Named by nothing but its place in a list that was cut short: that is no identity.
        if (ref.uuid === undefined && ref.pciBusId === undefined) continue;
        const remembered = ref.pciBusId === undefined ? undefined : byPci.get(ref.pciBusId);
        // A GPU that answers no more is listed without its UUID: it stays who it was.
        if (ref.uuid === undefined && remembered !== undefined) continue;
        const model = ref.model ?? remembered?.model;
        const inMigMode = gpu.migEnabled.ok && gpu.migEnabled.value;
        store({
          ...remembered,
          ...ref,
          key: keyOf(ref, duplicated),
          // A GPU in MIG mode does not print what its siblings print: it is compared with its like only.
          ...(model === undefined ? {} : { model: inMigMode ? `${model} in MIG mode` : model }),
        });
      }
    },
    learnPciGpus: (gpus) => {
      for (const { ref } of gpus) {
        if (ref.pciBusId === undefined || byPci.has(ref.pciBusId)) continue;
        byPci.set(ref.pciBusId, { ...ref, key: `gpu:${ref.pciBusId}` });
      }
    },
    identify: (component) => {
      if (component.kind !== 'gpu') return component;
      const full =
        (component.pciBusId === undefined ? undefined : byPci.get(component.pciBusId)) ??
        (component.uuid === undefined ? undefined : byUuid.get(component.uuid)) ??
        (component.index === undefined || component.pciBusId !== undefined ? undefined : byIndex.get(component.index));
      return full === undefined
        ? component
        : { ...withDefined(component, full), ...(full.model === undefined ? {} : { model: full.model }) };
    },
    gpus: () => [...byPci.values()],
    restore: (gpus) => {
      for (const gpu of gpus) store(gpu);
    },
  };
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A counter or a signal with its windows: it names nobody. */
const isSeries = (value: Record<string, unknown>): boolean => 'increase' in value || 'over' in value;

/** Completes every component in a finished fact; for one that came before the inventory knew who is who. */
export const identifyAll = <T>(fact: T, identify: (component: Component) => Component): T => {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return Object.freeze(value.map(walk));
    if (!isObject(value) || isSeries(value)) return value;
    if (typeof value.kind === 'string' && typeof value.key === 'string') return identify(value as unknown as Component);
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)])));
  };
  return walk(fact) as T;
};
