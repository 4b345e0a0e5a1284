import type { Cause, CauseKind, Component, Frame, GpuMinute, GpuWindow } from '../../api.ts';
import { MINUTE_MS, type Minutes } from '../../parse/prometheus/minutes.ts';
import { causeDetail } from './cause-detail.ts';
import type { GpuRecord, Held, Records } from './gpu-record.ts';
import { type MergedGpu, teller, toldWindow } from './merged-gpu.ts';
import { BUSY, CLOCK, CLOCK_P05, POWER, POWER_LIMIT, TEMPERATURE } from './queries.ts';
import { usualLimits } from './usual-limits.ts';

/** A GPU of a job, with its name and its role at each minute. */
export interface JobGpu {
  readonly gpu: MergedGpu;
  readonly ref: Component;
  readonly roles: readonly (string | undefined)[];
}

/** What the GPU is called. History follows the UUID; slots are compared with slots. */
export const refOf = ({ records }: MergedGpu, node: string): Component => {
  const [{ identity }] = records;
  const { index, uuid, pciBusId } = identity;
  const model = records.find(({ about }) => about.model !== undefined)?.about.model;
  const slot = records.find(({ about }) => about.module !== undefined)?.about.module ?? index?.toString();
  return {
    kind: 'gpu',
    key: uuid ?? `${node}/gpu${index}`,
    node,
    ...(model === undefined ? {} : { model }),
    ...(index === undefined ? {} : { index }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(pciBusId === undefined ? {} : { pciBusId }),
    ...(slot === undefined ? {} : { slot }),
  };
};

type Feature = Exclude<keyof GpuWindow, 'at' | 'throttleRatio'>;
const FEATURES: readonly (readonly [Feature, number])[] = [
  ['busyRatio', BUSY],
  ['smClockHertz', CLOCK],
  ['smClockP05Hertz', CLOCK_P05],
  ['powerWatts', POWER],
  ['powerLimitWatts', POWER_LIMIT],
  ['temperatureCelsius', TEMPERATURE],
];

const NOT_THROTTLED: GpuWindow['throttleRatio'] = {};

const throttleRatio = ({ throttle }: GpuRecord, minute: number): GpuWindow['throttleRatio'] => {
  if (throttle.size === 0) return NOT_THROTTLED;
  const ratios: Partial<Record<keyof GpuWindow['throttleRatio'], number>> = {};
  for (const [reason, told] of throttle) {
    const ratio = told[minute];
    if (ratio !== undefined && !Number.isNaN(ratio)) ratios[reason] = ratio;
  }
  return ratios;
};

const windowOf = (record: GpuRecord, minutes: Minutes, minute: number): GpuWindow | undefined => {
  if (!toldWindow(record, minutes, minute)) return undefined;
  const features: Partial<Record<Feature, number>> & Pick<GpuWindow, 'at' | 'throttleRatio'> = {
    at: minutes.startMs + minute * MINUTE_MS,
    throttleRatio: throttleRatio(record, minute),
  };
  for (const [feature, column] of FEATURES) {
    const value = record.columns[column * minutes.count + minute];
    if (value !== undefined && !Number.isNaN(value)) features[feature] = value;
  }
  return features;
};

const NO_CAUSES: readonly Cause[] = [];

/**
 * The minutes of a job. What a minute holds is made when it is asked for: objects for all minutes of 8,192 GPUs at once
 * take five times the memory of the columns.
 */
export const framesOf = (job: string, gpus: readonly JobGpu[], { minutes, nodeCauses }: Records): readonly Frame[] => {
  const usual = usualLimits(
    gpus.map(({ gpu }) => gpu),
    minutes,
  );

  const causesOf = (record: GpuRecord, minute: number, window: GpuWindow | undefined): readonly Cause[] => {
    const ofNode = nodeCauses.get(record.identity.target);
    if (record.causes.size === 0 && ofNode === undefined) return NO_CAUSES;
    const stands = new Set<CauseKind>();
    const add = (held: Held, kind: CauseKind): void => {
      if (held[minute] === 1) stands.add(kind);
    };
    record.causes.forEach(add);
    ofNode?.forEach(add);
    const limit = record.columns[POWER_LIMIT * minutes.count + minute] ?? Number.NaN;
    const usualLimit = usual.get(record.about.model ?? '');
    const limits = {
      ...(Number.isNaN(limit) ? {} : { limitWatts: limit }),
      ...(usualLimit === undefined ? {} : { usualLimitWatts: usualLimit }),
    };
    return [...stands].map((kind) => ({ kind, detail: causeDetail(kind, window, limits) }));
  };

  const gpuMinute = ({ gpu, ref, roles }: JobGpu, minute: number): GpuMinute | undefined => {
    const role = roles[minute];
    if (role === undefined) return undefined;
    const record = teller(gpu, minutes, minute);
    const window = record === undefined ? undefined : windowOf(record, minutes, minute);
    const causes = record === undefined ? NO_CAUSES : causesOf(record, minute, window);
    return window === undefined ? { ref, jobId: job, role, causes } : { ref, jobId: job, role, window, causes };
  };

  return Array.from({ length: minutes.count }, (_, minute) => ({
    at: minutes.startMs + minute * MINUTE_MS,
    get gpus() {
      return gpus.flatMap((gpu) => gpuMinute(gpu, minute) ?? []);
    },
  }));
};
