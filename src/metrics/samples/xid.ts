import type { Component, KernelEvent } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { gpuLabels } from '../identity.ts';
import { XID_CLASSES } from '../labels.ts';
import { type Sample, sample } from '../sample.ts';

/** `any` is for rehearsals, where a user writes the Xid and not the kernel. */
export type KernelLogTrust = 'kernel' | 'any';

const xidsOf = (events: readonly KernelEvent[], trust: KernelLogTrust): readonly KernelEvent[] =>
  events.filter(
    ({ kind, component, fromKernel }) => kind === 'xid' && component.kind === 'gpu' && (fromKernel || trust === 'any'),
  );

/** Seeded at 0 for each class: `increase()` does not see the first event of a series that begins with it. */
const eventsOf = (gpu: Component, events: readonly KernelEvent[]): readonly Sample[] =>
  XID_CLASSES.map((xidClass) =>
    sample(
      'muster_gpu_xid_events_total',
      events
        .filter(({ meaning }) => (meaning?.class ?? 'unknown') === xidClass)
        .reduce((sum, { repeats }) => sum + Math.max(1, repeats), 0),
      { ...gpuLabels(gpu), xid_class: xidClass },
    ),
  );

const lastOf = (gpu: Component, events: readonly KernelEvent[]): readonly Sample[] => {
  const last = new Map<number, number>();
  for (const { code, at } of events) if (code !== undefined) last.set(code, Math.max(at, last.get(code) ?? 0));
  return [...last].map(([code, at]) =>
    sample('muster_gpu_xid_last_timestamp_seconds', at / 1000, { ...gpuLabels(gpu), xid: String(code) }),
  );
};

/** Xids per GPU; without the kernel log no series, because silence would read as "none". */
export const xidSamples = (snapshot: Snapshot, trust: KernelLogTrust): readonly Sample[] => {
  const { kernelLog, gpus } = snapshot.facts;
  if (kernelLog?.ok !== true) return [];
  const xids = xidsOf(kernelLog.value.events, trust);
  const components = new Map<string, Component>();
  for (const { ref } of gpus?.ok ? gpus.value : []) components.set(ref.key, ref);
  for (const { component } of xids) if (!components.has(component.key)) components.set(component.key, component);
  return [...components.values()].flatMap((gpu) => {
    const own = xids.filter(({ component }) => component.key === gpu.key);
    return [...eventsOf(gpu, own), ...lastOf(gpu, own)];
  });
};
