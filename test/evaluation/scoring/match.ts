import type { StragglerLevel } from '../../../src/api.ts';
import { STRAGGLER_LEVELS } from '../../../src/api.ts';
import type { TruthFault } from '../simulator/spec.ts';

/** What a detector said: one verdict of one component at one level, from its first minute to its last. */
export interface Detection {
  readonly jobId: string;
  readonly node: string;
  /** Not there where the whole node is blamed. */
  readonly gpuIndex?: number;
  readonly level: StragglerLevel;
  readonly causes: readonly string[];
  readonly slowdown?: { readonly estimate: number; readonly low: number; readonly high: number };
  readonly firstAtMs: number;
  readonly untilMs: number;
}

/** A fault may be named a while after it is gone: windows are that long. */
export const GRACE_MS = 15 * 60_000;

export const isAtLeast = (level: StragglerLevel, floor: StragglerLevel): boolean =>
  STRAGGLER_LEVELS.indexOf(level) >= STRAGGLER_LEVELS.indexOf(floor);

const inTime = (detection: Detection, fault: TruthFault): boolean =>
  detection.firstAtMs >= fault.onsetMs && detection.firstAtMs <= fault.clearMs + GRACE_MS;

/** A GPU fault wants that GPU; of a node fault every GPU of the node will do. */
const inPlace = (detection: Detection, fault: TruthFault): boolean =>
  detection.node === fault.node && (fault.scope !== 'gpu' || detection.gpuIndex === fault.gpuIndex);

/** Nobody is to blame for what the job itself does, so nothing matches that. */
export const matches = (detection: Detection, fault: TruthFault): boolean =>
  fault.scope !== 'job' && detection.jobId === fault.jobId && inTime(detection, fault) && inPlace(detection, fault);

export interface FoundFault {
  readonly fault: TruthFault;
  /** The first that names it. */
  readonly detection: Detection;
  readonly detections: readonly Detection[];
}

export interface Matching {
  readonly found: readonly FoundFault[];
  readonly missed: readonly TruthFault[];
  /** Detections that name nothing that is wrong. */
  readonly falseAlarms: readonly Detection[];
  /** Of the false alarms those on the node of a fault of that time: the right machine, the wrong GPU. */
  readonly mislocated: readonly Detection[];
}

/** `detections` of one level and above, of one job. */
export const matchAll = (truth: readonly TruthFault[], detections: readonly Detection[]): Matching => {
  const wanted = truth.filter(({ scope }) => scope !== 'job');
  const byFault = wanted.map((fault) => ({
    fault,
    detections: detections.filter((detection) => matches(detection, fault)).sort((a, b) => a.firstAtMs - b.firstAtMs),
  }));
  const falseAlarms = detections.filter((detection) => !wanted.some((fault) => matches(detection, fault)));
  return {
    found: byFault.flatMap(({ fault, detections: named }) =>
      named[0] === undefined ? [] : [{ fault, detection: named[0], detections: named }],
    ),
    missed: byFault.filter(({ detections: named }) => named.length === 0).map(({ fault }) => fault),
    falseAlarms,
    mislocated: falseAlarms.filter((detection) =>
      wanted.some((fault) => detection.node === fault.node && inTime(detection, fault)),
    ),
  };
};
