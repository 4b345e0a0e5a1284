import type { Straggler, StragglerWatch } from '../../src/api.ts';
import type { Detection } from './scoring/match.ts';

/** DESIGN: after a detection is over, the same one within this time is still the same. */
const COOL_DOWN_MS = 30 * 60_000;

interface Open {
  detection: Detection & { readonly message: string };
}

/** Minute by minute verdicts as the pages that an operator would get. */
export const createDetections = () => {
  const open = new Map<string, Open>();
  const closed: Detection[] = [];

  const note = (one: Straggler, atMs: number): void => {
    const key = `${one.jobId}\0${one.component.key}\0${one.level}`;
    const held = open.get(key);
    const causes = one.causes.map(({ kind }) => kind);
    if (held !== undefined && atMs - held.detection.untilMs <= COOL_DOWN_MS) {
      held.detection = {
        ...held.detection,
        untilMs: atMs,
        causes: [...new Set([...held.detection.causes, ...causes])],
        ...(one.slowdown === undefined ? {} : { slowdown: one.slowdown }),
      };
      return;
    }
    if (held !== undefined) closed.push(held.detection);
    open.set(key, {
      detection: {
        jobId: one.jobId,
        node: one.component.node ?? '',
        ...(one.component.kind === 'gpu' && one.component.index !== undefined ? { gpuIndex: one.component.index } : {}),
        level: one.level,
        causes,
        // For whoever looks into one: the words that an operator would read.
        message: one.message,
        ...(one.slowdown === undefined ? {} : { slowdown: one.slowdown }),
        firstAtMs: atMs,
        untilMs: atMs,
      },
    });
  };

  return {
    add: (watch: StragglerWatch, atMs: number): void => {
      for (const { stragglers } of watch.jobs) for (const one of stragglers) note(one, atMs);
    },
    all: (): readonly Detection[] => [...closed, ...[...open.values()].map(({ detection }) => detection)],
  };
};
