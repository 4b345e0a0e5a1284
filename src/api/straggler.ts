import type { Component } from './component.ts';
import type { ThrottleReason } from './facts.ts';

/** State that explains slowness, in the words of `muster_gpu_cause_active{cause}`. */
export const CAUSE_KINDS = [
  'thermal_throttle',
  'power_brake',
  'power_limit_lowered',
  'clocks_locked',
  'pcie_degraded',
  'nvlink_degraded',
  'link_degraded',
  'remapped_rows',
  'host_pressure',
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

/** Why a GPU, or its whole node, may be slow. `detail` is one clause with the measured value and the usual one. */
export interface Cause {
  readonly kind: CauseKind;
  readonly detail: string;
  /** Too common on healthy machines to say anything by itself: it counts where an effect shows that it explains. */
  readonly weak?: true;
}

/** What one `nvidia-smi --query-gpu` line says of one GPU. A column that is not printed, or prints N/A, is not there. */
export interface GpuSample {
  /** Unix ms, by the clock of the node. */
  readonly at: number;
  /** 0–1, `utilization.gpu`. */
  readonly utilizationRatio?: number;
  readonly smClockHertz?: number;
  readonly powerWatts?: number;
  /** The limit in force, and the one that the board ships with. */
  readonly powerLimitWatts?: number;
  readonly defaultPowerLimitWatts?: number;
  readonly temperatureCelsius?: number;
  readonly memoryTemperatureCelsius?: number;
  /** Whether the reason holds at this moment. */
  readonly throttled?: Readonly<Partial<Record<ThrottleReason, boolean>>>;
  /** Seconds since the driver was loaded, where the driver counts them (R570 and later). */
  readonly throttleSeconds?: Readonly<Partial<Record<ThrottleReason, number>>>;
  readonly pcieGeneration?: number;
  readonly pcieMaxGeneration?: number;
  readonly pcieWidth?: number;
  readonly pcieMaxWidth?: number;
  readonly applicationSmHertz?: number;
  readonly defaultApplicationSmHertz?: number;
  readonly remappedRows?: number;
}

/** What one GPU did in the window that ended at `at`. A feature that its source does not tell is not there. */
export interface GpuWindow {
  /** Unix ms, the end of the window. */
  readonly at: number;
  /** Mean of `utilization.gpu`: the share of time in which a kernel ran, 0–1. */
  readonly busyRatio?: number;
  /** While busy: an idle GPU's clock says nothing. */
  readonly smClockHertz?: number;
  readonly smClockP05Hertz?: number;
  readonly powerWatts?: number;
  readonly powerLimitWatts?: number;
  readonly temperatureCelsius?: number;
  /** Share of the window, 0–1; from the driver's counters where it has them, else from the sampled reasons. */
  readonly throttleRatio: Readonly<Partial<Record<ThrottleReason, number>>>;
}

/** The part of the GPU in one minute of its job: what the detector is fed with, whatever the source. */
export interface GpuMinute {
  /** `node` is set where several nodes are judged together; `slot` falls back to the index. */
  readonly ref: Component;
  /** Empty where no job is known: all GPUs of the frame that have none are taken for one job. */
  readonly jobId: string;
  /** `all` where unknown: a split into roles is then inferred. */
  readonly role: string;
  /** Not there where the GPU, or its node, did not report in this minute. */
  readonly window?: GpuWindow;
  /** State that stands in this minute: throttle time, limits, links, rows, host pressure. */
  readonly causes: readonly Cause[];
}

/** How long a rank took for a step, without what it waited for the others where the job measures that. */
export interface RankStep {
  readonly step: number;
  readonly rank: number;
  readonly seconds: number;
  readonly role?: string;
  readonly node?: string;
  /** The GPU's index on its node. */
  readonly gpu?: number;
}

/** Everything that is known of all GPUs at one minute. */
export interface Frame {
  /** Unix ms. */
  readonly at: number;
  readonly gpus: readonly GpuMinute[];
}

export const STRAGGLER_LEVELS = ['suspect', 'likely', 'confirmed'] as const;
export type StragglerLevel = (typeof STRAGGLER_LEVELS)[number];
export type JobVerdictName = 'clean' | StragglerLevel | 'job_shaped' | 'shared_cause' | 'cannot_tell';

/** Families of evidence; two signals of one family count once. */
export type EvidenceFamily =
  | 'thermal'
  | 'power'
  | 'clock'
  | 'pcie'
  | 'nvlink'
  | 'fabric'
  | 'host'
  | 'memory'
  | 'progress';

export type EffectFeature = 'sm_clock' | 'sm_clock_p05' | 'power' | 'busy' | 'temperature' | 'step_time';

/** A persistent deviation from peers of the same role under load. */
export interface Effect {
  readonly feature: EffectFeature;
  readonly family: EvidenceFamily;
  /** In the unit of the feature: hertz, watts, a ratio, °C, seconds. */
  readonly observed: number;
  readonly peerMedian: number;
  /** By how much it is worse than its peers, as a share of them: 0.07 is 7 %. Of temperatures the difference in kelvin. */
  readonly deviation: number;
  /** Robust: the deviation over the spread of the peers. */
  readonly z: number;
  /** In how many of how many minutes. */
  readonly persistence: { readonly hits: number; readonly of: number };
  readonly peers: number;
}

/** As shares: 0.04 is 4 %. */
export interface Slowdown {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** One GPU, or one whole node (kind `node`), that holds its job back, with everything that says so. */
export interface Straggler {
  readonly level: StragglerLevel;
  readonly component: Component;
  readonly jobId: string;
  readonly families: readonly EvidenceFamily[];
  readonly causes: readonly Cause[];
  readonly effects: readonly Effect[];
  /** What got slower, in one clause. */
  readonly impact?: string;
  /** Where what was seen allows no estimate, it is not there: "unknown". */
  readonly slowdown?: Slowdown;
  /** Unix ms: the first and the last minute in which the evidence was there. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Unix ms; where it was over before the end of what was looked at. */
  readonly until?: number;
  /** One line for people: verdict, component, evidence, peers, estimate. */
  readonly message: string;
  /** What would settle it. */
  readonly nextStep: string;
}

export interface JobVerdict {
  readonly jobId: string;
  /** Names of the nodes; empty where only this node is looked at. */
  readonly nodes: readonly string[];
  readonly gpus: number;
  readonly verdict: JobVerdictName;
  /** One line: why this verdict. */
  readonly reason: string;
  readonly stragglers: readonly Straggler[];
  /** GPUs of which something is said: compared, not at work, or silent. */
  readonly covered?: number;
  /** What a tenth of the GPUs have in common: nobody is accused of it alone. */
  readonly sharedCauses?: readonly CauseKind[];
}

/** What the detector says at one minute. */
export interface StragglerWatch {
  readonly jobs: readonly JobVerdict[];
  /** 0–1, 1 is as fast as the peers (the meaning of NVIDIA Resiliency Extension's relative score); busy GPUs with peers only. */
  readonly relativePerformance: readonly { readonly component: Component; readonly ratio: number }[];
}
