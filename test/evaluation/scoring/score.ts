import { STRAGGLER_LEVELS, type StragglerLevel } from '../../../src/api.ts';
import type { TruthFault } from '../simulator/spec.ts';
import { type Interval, poisson, quantile, wilson } from './intervals.ts';
import { type Detection, type FoundFault, isAtLeast, matchAll } from './match.ts';

/** One simulated job, what was wrong with it, and what a detector said of it. */
export interface JobOutcome {
  readonly jobId: string;
  readonly truth: readonly TruthFault[];
  readonly detections: readonly Detection[];
  readonly nodeHours: number;
  readonly workload: string;
  readonly noise: string;
}

export interface Rate {
  readonly hits: number;
  readonly of: number;
  /** NaN of nothing. */
  readonly share: number;
  readonly interval: Interval;
}

const rate = (hits: number, of: number): Rate => ({ hits, of, share: hits / of, interval: wilson(hits, of) });

export interface FalseAlarms {
  readonly count: number;
  readonly perThousandNodeHours: number;
  readonly interval: Interval;
}

export interface LevelScore {
  /** Detections of this level and above count. */
  readonly level: StragglerLevel;
  readonly precision: Rate;
  readonly recall: Rate;
  readonly f1: number;
  readonly minutesToDetect: { readonly median: number; readonly p95: number };
  readonly falseAlarms: FalseAlarms;
  /** The same of jobs without any fault only. */
  readonly falseAlarmsOfHealthyJobs: FalseAlarms;
  readonly mislocated: number;
  readonly causeCorrect: Rate;
  /** Of the estimates that were given, how many intervals hold the slowdown that was. */
  readonly slowdownCovered: Rate;
  readonly recallBy: Readonly<Record<Dimension, readonly { readonly key: string; readonly recall: Rate }[]>>;
  readonly falseAlarmsBy: readonly { readonly key: string; readonly count: number; readonly nodeHours: number }[];
}

export const DIMENSIONS = ['fault', 'severity', 'workload', 'noise'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Upper ends of the classes of job slowdown, half way between the severities that are simulated. */
const SEVERITIES = [
  [0.02, '< 2 %'],
  [0.04, '3 %'],
  [0.07, '5 %'],
  [0.145, '10 %'],
  [0.33, '20 %'],
  [0.72, '50 %'],
  [Number.POSITIVE_INFINITY, '100 %'],
] as const;

export const severityOf = (slowdown: number): string =>
  SEVERITIES.find(([upper]) => slowdown < upper)?.[1] ?? 'unknown';

export interface ScoreOptions {
  /** Which faults a detector is held to; the others are neither hits nor misses, and naming them is no false alarm. */
  readonly counts?: (fault: TruthFault) => boolean;
}

/**
 * A fault of its own component that costs the job enough to matter, on average from its onset to its end: one that comes and
 * goes costs what it costs over both. What several nodes share is told of all of them
 * together, not as a straggler; the headline of a detector leaves it out.
 */
export const costsAtLeast =
  (slowdown: number) =>
  (fault: TruthFault): boolean =>
    (fault.scope === 'gpu' || fault.scope === 'node') && fault.meanSlowdown >= slowdown;

/** The same, of what a machine does and its text shows. */
export const isHardwareFault =
  (slowdown: number) =>
  (fault: TruthFault): boolean =>
    costsAtLeast(slowdown)(fault) && fault.cause !== 'none' && !isHostFault(fault) && fault.visible === 'telemetry';

/** The host is slow by what runs on it, not by its hardware. */
export const isHostFault = ({ cause }: TruthFault): boolean => cause === 'host_pressure';

const HOUR_MS = 3_600_000;

/** Node-hours in which a culprit was ill are not healthy. */
const illNodeHours = (truth: readonly TruthFault[]): number => {
  const byNode = new Map<string, { from: number; until: number }>();
  for (const { scope, node, onsetMs, clearMs } of truth) {
    if (scope === 'job' || node === undefined) continue;
    const known = byNode.get(node);
    byNode.set(node, {
      from: Math.min(known?.from ?? onsetMs, onsetMs),
      until: Math.max(known?.until ?? clearMs, clearMs),
    });
  }
  return [...byNode.values()].reduce((sum, { from, until }) => sum + (until - from) / HOUR_MS, 0);
};

const perNodeHours = (count: number, hours: number): FalseAlarms => {
  const scale = hours > 0 ? 1000 / hours : Number.NaN;
  const { low, high } = poisson(count);
  return { count, perThousandNodeHours: count * scale, interval: { low: low * scale, high: high * scale } };
};

interface Scored {
  readonly outcome: JobOutcome;
  readonly found: readonly FoundFault[];
  readonly missed: readonly TruthFault[];
  readonly falseAlarms: readonly Detection[];
  readonly mislocated: readonly Detection[];
}

const keyOf = (dimension: Dimension, fault: TruthFault, outcome: JobOutcome): string => {
  switch (dimension) {
    case 'fault':
      return fault.fault;
    case 'severity':
      return severityOf(fault.realisedSlowdown);
    case 'workload':
      return outcome.workload;
    case 'noise':
      return outcome.noise;
  }
};

const recallsBy = (dimension: Dimension, scored: readonly Scored[]) => {
  const groups = new Map<string, { hits: number; of: number }>();
  const count = (fault: TruthFault, outcome: JobOutcome, hit: number): void => {
    const key = keyOf(dimension, fault, outcome);
    const group = groups.get(key) ?? { hits: 0, of: 0 };
    groups.set(key, { hits: group.hits + hit, of: group.of + 1 });
  };
  for (const { outcome, found, missed } of scored) {
    for (const { fault } of found) count(fault, outcome, 1);
    for (const fault of missed) count(fault, outcome, 0);
  }
  const order = SEVERITIES.map(([, name]): string => name);
  return [...groups]
    .map(([key, { hits, of }]) => ({ key, recall: rate(hits, of) }))
    .sort((a, b) => order.indexOf(a.key) - order.indexOf(b.key) || a.key.localeCompare(b.key));
};

const isCauseCorrect = ({ fault, detections }: FoundFault): boolean => {
  const named = new Set(detections.flatMap(({ causes }) => causes));
  return fault.cause === 'none' ? named.size === 0 : named.has(fault.cause);
};

const scoreLevel = (
  level: StragglerLevel,
  outcomes: readonly JobOutcome[],
  counts: (fault: TruthFault) => boolean,
): LevelScore => {
  const scored = outcomes.map((outcome): Scored => {
    const matching = matchAll(
      outcome.truth,
      outcome.detections.filter((detection) => isAtLeast(detection.level, level)),
    );
    return {
      outcome,
      found: matching.found.filter(({ fault }) => counts(fault)),
      missed: matching.missed.filter(counts),
      falseAlarms: matching.falseAlarms,
      mislocated: matching.mislocated,
    };
  });
  const found = scored.flatMap((one) => one.found);
  const missed = scored.reduce((sum, one) => sum + one.missed.length, 0);
  const falseCount = scored.reduce((sum, one) => sum + one.falseAlarms.length, 0);
  const healthyHours = outcomes.reduce((sum, { nodeHours, truth }) => sum + nodeHours - illNodeHours(truth), 0);
  const healthy = scored.filter(({ outcome }) => outcome.truth.length === 0);
  const precision = rate(found.length, found.length + falseCount);
  const recall = rate(found.length, found.length + missed);
  const minutes = found.map(({ fault, detection }) => (detection.firstAtMs - fault.onsetMs) / 60_000);
  // The last word on a fault is the one that was formed with all of it in view.
  const estimated = found.flatMap(({ fault, detections }) => {
    const slowdown = detections.findLast((detection) => detection.slowdown !== undefined)?.slowdown;
    return slowdown === undefined ? [] : [{ fault, slowdown }];
  });
  const workloads = [...new Set(outcomes.map(({ workload }) => workload))].sort();
  return {
    level,
    precision,
    recall,
    f1: (2 * found.length) / (2 * found.length + falseCount + missed),
    minutesToDetect: { median: quantile(minutes, 0.5), p95: quantile(minutes, 0.95) },
    falseAlarms: perNodeHours(falseCount, healthyHours),
    falseAlarmsOfHealthyJobs: perNodeHours(
      healthy.reduce((sum, one) => sum + one.falseAlarms.length, 0),
      healthy.reduce((sum, { outcome }) => sum + outcome.nodeHours, 0),
    ),
    mislocated: scored.reduce((sum, one) => sum + one.mislocated.length, 0),
    causeCorrect: rate(found.filter(isCauseCorrect).length, found.length),
    slowdownCovered: rate(
      estimated.filter(
        // What the job lost lies between the average and the worst of it.
        ({ fault, slowdown }) => slowdown.low <= fault.realisedSlowdown && fault.meanSlowdown <= slowdown.high,
      ).length,
      estimated.length,
    ),
    recallBy: {
      fault: recallsBy('fault', scored),
      severity: recallsBy('severity', scored),
      workload: recallsBy('workload', scored),
      noise: recallsBy('noise', scored),
    },
    falseAlarmsBy: workloads.map((key) => {
      const its = scored.filter(({ outcome }) => outcome.workload === key);
      return {
        key,
        count: its.reduce((sum, one) => sum + one.falseAlarms.length, 0),
        nodeHours: its.reduce((sum, { outcome }) => sum + outcome.nodeHours - illNodeHours(outcome.truth), 0),
      };
    }),
  };
};

/** One score a level, `suspect` first. */
export const score = (outcomes: readonly JobOutcome[], options: ScoreOptions = {}): readonly LevelScore[] =>
  STRAGGLER_LEVELS.map((level) => scoreLevel(level, outcomes, options.counts ?? (({ scope }) => scope !== 'job')));
