import { CAUSE_KINDS, type CauseKind, type ThrottleReason } from '../../api.ts';
import type { AnswerSeries } from '../../parse/prometheus/answer.ts';
import { type GpuIdentity, gpuIdentity, targetOf } from '../../parse/prometheus/gpu-identity.ts';
import { eachMinute, type Minutes } from '../../parse/prometheus/minutes.ts';
import { CAUSE_ACTIVE, COLUMNS, JOB_INFO, TOLD_REASONS } from './queries.ts';

/** In which minutes something was so. */
export type Held = Uint8Array;

/** What one target told of one GPU, in columns of a number a minute; NaN where it told none. */
export interface GpuRecord {
  readonly identity: GpuIdentity;
  /** `COLUMNS` one after the other. */
  readonly columns: Float64Array;
  readonly throttle: Map<ThrottleReason, Float64Array>;
  readonly causes: Map<CauseKind, Held>;
  readonly jobs: { readonly jobId: string; readonly role: string; readonly held: Held }[];
  readonly about: { model?: string; module?: string };
}

/** What was read of some nodes. */
export interface Records {
  readonly minutes: Minutes;
  readonly gpus: Map<string, GpuRecord>;
  /** Causes of a whole node, by target. */
  readonly nodeCauses: Map<string, Map<CauseKind, Held>>;
  readonly unknownCauses: Set<string>;
}

export const noRecords = (minutes: Minutes): Records => ({
  minutes,
  gpus: new Map(),
  nodeCauses: new Map(),
  unknownCauses: new Set(),
});

const recordOf = ({ minutes, gpus }: Records, { labels }: AnswerSeries): GpuRecord | undefined => {
  const { gpu = '', UUID = '' } = labels;
  const key = `${targetOf(labels)}\n${UUID === '' ? gpu : UUID}`;
  const known = gpus.get(key);
  if (known !== undefined) return known;
  const identity = gpuIdentity(labels);
  if (identity === undefined) return undefined;
  const record: GpuRecord = {
    identity,
    columns: new Float64Array(COLUMNS.length * minutes.count).fill(Number.NaN),
    throttle: new Map(),
    causes: new Map(),
    jobs: [],
    about: {},
  };
  gpus.set(key, record);
  return record;
};

const heldIn = (minutes: Minutes, series: AnswerSeries, before?: Held): Held => {
  const held = before ?? new Uint8Array(minutes.count);
  eachMinute(minutes, series, (minute, value) => {
    if (value > 0) held[minute] = 1;
  });
  return held;
};

const isCause = (text: string): text is CauseKind => (CAUSE_KINDS as readonly string[]).includes(text);

const addCause = (records: Records, series: AnswerSeries): void => {
  const { cause = '', gpu = '', UUID = '' } = series.labels;
  if (!isCause(cause)) {
    records.unknownCauses.add(cause);
    return;
  }
  const target = targetOf(series.labels);
  const ofNode = gpu === '' && UUID === '';
  const causes = ofNode
    ? (records.nodeCauses.get(target) ?? new Map<CauseKind, Held>())
    : recordOf(records, series)?.causes;
  if (causes === undefined) return;
  if (ofNode) records.nodeCauses.set(target, causes);
  causes.set(cause, heldIn(records.minutes, series, causes.get(cause)));
};

/** Keeps what the answer to `columnsQuery` holds. */
export const addColumns = (records: Records, answer: readonly AnswerSeries[]): void => {
  const { minutes } = records;
  for (const series of answer) {
    const { __name__: name, stat, job_id: jobId = '', role = '' } = series.labels;
    if (name === CAUSE_ACTIVE) {
      addCause(records, series);
      continue;
    }
    const record = recordOf(records, series);
    if (name === JOB_INFO) {
      if (jobId !== '') record?.jobs.push({ jobId, role: role === '' ? 'all' : role, held: heldIn(minutes, series) });
      continue;
    }
    const column = COLUMNS.findIndex((one) => one.name === name && ('stat' in one ? one.stat === stat : true));
    if (record === undefined || column < 0) continue;
    eachMinute(minutes, series, (minute, value) => {
      record.columns[column * minutes.count + minute] = value;
    });
  }
};

const isReason = (text: string): text is ThrottleReason => (TOLD_REASONS as readonly string[]).includes(text);

/** Keeps what the answer to `throttleQuery` holds. */
export const addThrottle = (records: Records, answer: readonly AnswerSeries[]): void => {
  const { minutes } = records;
  for (const series of answer) {
    const { reason = '' } = series.labels;
    const record = recordOf(records, series);
    if (record === undefined || !isReason(reason)) continue;
    const ratios = record.throttle.get(reason) ?? new Float64Array(minutes.count).fill(Number.NaN);
    record.throttle.set(reason, ratios);
    eachMinute(minutes, series, (minute, value) => {
      ratios[minute] = value;
    });
  }
};

/** Keeps what the answer to `infoQuery` holds. */
export const addInfo = (records: Records, answer: readonly AnswerSeries[]): void => {
  for (const series of answer) {
    const { model_name: model = '', module_id: module = '' } = series.labels;
    const about = recordOf(records, series)?.about;
    if (about === undefined) continue;
    if (model !== '') about.model = model;
    // The words of nvidia-smi for what a board does not have.
    if (module !== '' && !/^\[?N\/A\]?$/i.test(module)) about.module = module;
  }
};
