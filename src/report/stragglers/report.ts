import type {
  Cause,
  Component,
  Effect,
  EffectFeature,
  EvidenceFamily,
  JobVerdict,
  JobVerdictName,
  Straggler,
  StragglerLevel,
} from '../../api.ts';

/** `muster stragglers -o json`; `src/report/stragglers.schema.json` is its JSON Schema. */
export interface StragglersReport {
  readonly schema_version: 1;
  /** The end of what was looked at. */
  readonly evaluated_at: string;
  /** How much time was looked at; of logs from the first line to the last. */
  readonly window_seconds: number;
  readonly source: StragglersSource;
  /** The worst first. */
  readonly jobs: readonly JobReport[];
}

export type StragglersSource = 'offline' | 'prometheus';

export interface JobReport {
  /** Empty where no job is known: then all GPUs are one job. */
  readonly job_id: string;
  readonly nodes: number;
  readonly gpus: number;
  readonly verdict: JobVerdictName;
  readonly reason: string;
  readonly stragglers: readonly StragglerReport[];
}

export interface StragglerReport {
  readonly level: StragglerLevel;
  readonly node: string;
  /** Not there where the whole node is slow. */
  readonly gpu?: { readonly index?: number; readonly uuid?: string; readonly pci_bus_id?: string };
  readonly families: readonly EvidenceFamily[];
  readonly causes: readonly Cause[];
  readonly effects: readonly EffectReport[];
  readonly impact?: string;
  readonly slowdown?: { readonly estimate: number; readonly low: number; readonly high: number };
  readonly first_seen: string;
  readonly until?: string;
  readonly message: string;
  readonly next_step: string;
}

export interface EffectReport {
  readonly feature: EffectFeature;
  readonly observed: number;
  readonly peer_median: number;
  /** Observed over the median of the peers. */
  readonly deviation_ratio: number;
  readonly z: number;
  /** Share of the minutes, or steps, that were looked at. */
  readonly persistence: number;
}

export interface StragglersEvaluation {
  /** Unix ms. */
  readonly evaluatedAt: number;
  readonly windowSeconds: number;
  readonly source: StragglersSource;
  readonly jobs: readonly JobVerdict[];
}

const WORST_FIRST: readonly JobVerdictName[] = [
  'confirmed',
  'likely',
  'shared_cause',
  'suspect',
  'cannot_tell',
  'job_shaped',
  'clean',
];

const time = (at: number): string => new Date(at).toISOString();
/** More digits than any sensor has, and few enough to read. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
/** JSON has no infinity: where the peers are at zero, or all alike, the largest number stands for it. */
const finite = (value: number): number =>
  Number.isFinite(value) ? rounded(value) : Number.isNaN(value) ? 1 : Math.sign(value) * Number.MAX_SAFE_INTEGER;

const effectReport = ({ feature, observed, peerMedian, z, persistence: { hits, of } }: Effect): EffectReport => ({
  feature,
  observed: rounded(observed),
  peer_median: rounded(peerMedian),
  deviation_ratio: finite(observed / peerMedian),
  z: finite(z),
  persistence: of > 0 ? rounded(hits / of) : 0,
});

const gpuReport = ({ index, uuid, pciBusId }: Component): NonNullable<StragglerReport['gpu']> => ({
  ...(index === undefined ? {} : { index }),
  ...(uuid === undefined ? {} : { uuid }),
  ...(pciBusId === undefined ? {} : { pci_bus_id: pciBusId }),
});

const stragglerReport = (straggler: Straggler): StragglerReport => {
  const { level, component, families, causes, effects, impact, slowdown, firstSeen, until, message, nextStep } =
    straggler;
  return {
    level,
    node: component.node ?? '',
    ...(component.kind === 'gpu' ? { gpu: gpuReport(component) } : {}),
    families,
    causes: causes.map(({ kind, detail }) => ({ kind, detail })),
    effects: effects.map(effectReport),
    ...(impact === undefined ? {} : { impact }),
    ...(slowdown === undefined
      ? {}
      : {
          slowdown: {
            estimate: rounded(slowdown.estimate),
            low: rounded(slowdown.low),
            high: rounded(slowdown.high),
          },
        }),
    first_seen: time(firstSeen),
    ...(until === undefined ? {} : { until: time(until) }),
    message,
    next_step: nextStep,
  };
};

/** The verdicts of all jobs in the words of the JSON. */
export const stragglersReport = ({
  evaluatedAt,
  windowSeconds,
  source,
  jobs,
}: StragglersEvaluation): StragglersReport => ({
  schema_version: 1,
  evaluated_at: time(evaluatedAt),
  window_seconds: Math.round(windowSeconds),
  source,
  jobs: jobs
    .map(
      ({ jobId, nodes, gpus, verdict, reason, stragglers }): JobReport => ({
        job_id: jobId,
        nodes: nodes.length,
        gpus,
        verdict,
        reason,
        stragglers: stragglers.map(stragglerReport),
      }),
    )
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.verdict) - WORST_FIRST.indexOf(b.verdict) ||
        (a.job_id < b.job_id ? -1 : a.job_id > b.job_id ? 1 : 0),
    ),
});
