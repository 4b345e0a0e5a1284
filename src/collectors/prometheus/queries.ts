import type { ThrottleReason } from '../../api.ts';
import { oneOf, quoted } from '../../parse/prometheus/promql.ts';

/** What is read of each GPU at each minute, and where it is kept: one column each. */
export const COLUMNS = [
  { name: 'muster_gpu_window_busy_ratio' },
  { name: 'muster_gpu_window_sm_clock_hertz', stat: 'mean' },
  { name: 'muster_gpu_window_sm_clock_hertz', stat: 'p05' },
  { name: 'muster_gpu_window_power_watts' },
  { name: 'muster_gpu_window_temperature_celsius' },
  { name: 'muster_gpu_power_limit_watts' },
] as const;
export const [BUSY, CLOCK, CLOCK_P05, POWER, TEMPERATURE, POWER_LIMIT] = [0, 1, 2, 3, 4, 5] as const;

export const JOB_INFO = 'muster_gpu_job_info';
export const CAUSE_ACTIVE = 'muster_gpu_cause_active';

/** What slows a GPU down that may not be: at rest, or at its power limit, every healthy one is for much of its time. */
export const TOLD_REASONS: readonly ThrottleReason[] = [
  'sw_thermal',
  'hw_slowdown',
  'hw_thermal',
  'hw_power_brake',
  'application_clocks',
];

const READ_NAMES = [...new Set([...COLUMNS.map(({ name }) => name), JOB_INFO, CAUSE_ACTIVE])];
const span = (minutes: number): string => `[${minutes}m]`;

/** Which jobs ran on which targets. */
export const jobsQuery = (minutes: number, jobId?: string): string => {
  const selector = jobId === undefined ? '' : `{job_id=${quoted(jobId)}}`;
  return `count by (instance, node, job_id) (last_over_time(${JOB_INFO}${selector}${span(minutes)}))`;
};

/** Targets with GPUs of which no job was known. */
export const joblessQuery = (minutes: number): string =>
  `count by (instance, node) (last_over_time(muster_gpu_info${span(minutes)}) unless on (instance, UUID) last_over_time(${JOB_INFO}${span(minutes)}))`;

/** Targets that are simulated machines. */
export const mockQuery = (minutes: number): string =>
  `count by (cluster, job, instance, node) (last_over_time(muster_node_info{mock="true"}${span(minutes)}))`;

// The three below are plain selections: an aggregation by GPU costs the server four times as much (measured).

/** Everything that is not sparse, in one answer. */
export const columnsQuery = (instances: readonly string[]): string =>
  `{${oneOf('__name__', READ_NAMES)},${oneOf('instance', instances)}}`;

/** Where a GPU was throttled: leaving out the zeros leaves out nearly everything. */
export const throttleQuery = (instances: readonly string[]): string =>
  `muster_gpu_window_throttle_ratio{${oneOf('reason', TOLD_REASONS)},${oneOf('instance', instances)}} > 0`;

/** Model and module of each GPU. */
export const infoQuery = (instances: readonly string[], minutes: number): string =>
  `last_over_time(muster_gpu_info{${oneOf('instance', instances)}}${span(minutes)})`;
