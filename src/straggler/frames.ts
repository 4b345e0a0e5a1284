import type { Component, Frame, GpuMinute, GpuSample } from '../api.ts';
import { type CauseInput, causesOf, type Usual, usualAmong } from './causes.ts';
import { RULES } from './rules.ts';
import { createSampleWindow, type SampleWindow } from './windows.ts';

export interface JobOf {
  readonly jobId: string;
  readonly role: string;
}

/** Samples of any number of nodes, turned into one frame a minute. */
export interface FrameBuilder {
  /** Takes a sample; `node` tells apart GPUs of one index where the nodes are several. */
  add(node: string, ref: Component, sample: GpuSample): void;
  /** Everything that is known at this moment; moments go forwards. A GPU that is silent stays, without a window. */
  frame(atMs: number, jobOf: (ref: Component) => JobOf): Frame;
  /** GPUs that are held, for tests of growth. */
  size(): number;
}

interface Held {
  /** Where no product is printed, boards of another default limit are another model. */
  ref: Component;
  readonly samples: SampleWindow;
  lastAt: number;
}

/** A GPU that has been silent for this long has left: a board that was swapped, a node that is gone. */
const FORGOTTEN_MS = 3_600_000;

const keyOf = (node: string, { key }: Component): string => (node === '' ? key : `${node}/${key}`);

/** nvidia-smi numbers GPUs by PCI address, so the index names the slot as long as none is missing. */
const placed = (node: string, ref: Component): Component => ({
  ...ref,
  key: keyOf(node, ref),
  ...(node === '' ? {} : { node }),
});

export const createFrameBuilder = (o: { readonly windowSeconds?: number } = {}): FrameBuilder => {
  const gpus = new Map<string, Held>();
  // A parser hands over the same component for each line of a GPU: no key is put together twice.
  const byNode = new Map<string, WeakMap<Component, Held>>();

  const heldFor = (node: string, ref: Component, at: number): Held => {
    let known = byNode.get(node);
    if (known === undefined) {
      known = new WeakMap();
      byNode.set(node, known);
    }
    const quick = known.get(ref);
    if (quick !== undefined && gpus.has(quick.ref.key)) return quick;
    const key = keyOf(node, ref);
    let held = gpus.get(key);
    if (held === undefined) {
      held = { ref: placed(node, ref), samples: createSampleWindow(o.windowSeconds), lastAt: at };
      gpus.set(key, held);
    }
    known.set(ref, held);
    return held;
  };

  const inputsByModel = (atMs: number): Map<string, (CauseInput & { readonly key: string })[]> => {
    const byModel = new Map<string, (CauseInput & { readonly key: string })[]>();
    for (const [key, { ref, samples }] of gpus) {
      const window = samples.at(atMs);
      const latest = samples.latest();
      if (window === undefined || latest === undefined) continue;
      const model = ref.model ?? '';
      const like = byModel.get(model) ?? [];
      like.push({ key, ref, latest, working: samples.working(), window });
      byModel.set(model, like);
    }
    return byModel;
  };

  return {
    add: (node, ref, sample) => {
      const held = heldFor(node, ref, sample.at);
      if (held.ref.model === undefined && sample.defaultPowerLimitWatts !== undefined)
        held.ref = { ...held.ref, model: `board of ${sample.defaultPowerLimitWatts} W` };
      held.lastAt = sample.at;
      held.samples.add(sample);
    },
    frame: (atMs, jobOf) => {
      const reporting = new Map<string, { readonly input: CauseInput; readonly usual: Usual }>();
      for (const inputs of inputsByModel(atMs).values()) {
        const usual = usualAmong(inputs);
        for (const input of inputs) reporting.set(input.key, { input, usual });
      }
      const minutes: GpuMinute[] = [];
      for (const [key, { ref, lastAt }] of gpus) {
        if (atMs - lastAt > FORGOTTEN_MS) {
          gpus.delete(key);
          continue;
        }
        const { jobId, role } = jobOf(ref);
        const found = reporting.get(key);
        minutes.push(
          found === undefined
            ? { ref, jobId, role, causes: [] }
            : { ref, jobId, role, window: found.input.window, causes: causesOf(found.input, found.usual) },
        );
      }
      return { at: atMs, gpus: minutes };
    },
    size: () => gpus.size,
  };
};

/** When frames are due: whole minutes. */
export const nextMinute = (atMs: number): number =>
  Math.floor(atMs / (RULES.everySeconds * 1000) + 1) * RULES.everySeconds * 1000;
