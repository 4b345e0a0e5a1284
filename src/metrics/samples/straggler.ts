import type { Cause, CauseKind, Facts, GpuMinute, GpuWindow } from '../../api.ts';
import type { FactMap, Snapshot } from '../../engine/snapshot.ts';
import { componentLabels, gpuLabels } from '../identity.ts';
import { THROTTLE_REASONS } from '../labels.ts';
import { type Sample, sample } from '../sample.ts';

/** Causes that hold on the whole node: one series, not one a GPU. */
const OF_NODE: ReadonlySet<CauseKind> = new Set(['link_degraded', 'host_pressure']);

const value = <K extends 'gpuMinutes' | 'stragglers'>(facts: FactMap, name: K): Facts[K] | undefined => {
  const fact = facts[name];
  return fact?.ok === true ? (fact.value as Facts[K]) : undefined;
};

/** What the source did not tell is no series. */
const told = (
  name: string,
  number: number | undefined,
  labels: Readonly<Record<string, string | undefined>>,
): readonly Sample[] => (number === undefined ? [] : [sample(name, number, labels)]);

/** What is common on healthy machines explains an effect, and alone would be an alarm on every node. */
const countsByItself = ({ weak }: Cause): boolean => weak !== true;

const windowOf = (window: GpuWindow, ids: Readonly<Record<string, string | undefined>>): readonly Sample[] => [
  ...told('muster_gpu_window_busy_ratio', window.busyRatio, ids),
  ...told('muster_gpu_window_sm_clock_hertz', window.smClockHertz, { ...ids, stat: 'mean' }),
  ...told('muster_gpu_window_sm_clock_hertz', window.smClockP05Hertz, { ...ids, stat: 'p05' }),
  ...told('muster_gpu_window_power_watts', window.powerWatts, ids),
  ...told('muster_gpu_window_temperature_celsius', window.temperatureCelsius, ids),
  ...THROTTLE_REASONS.flatMap((reason) =>
    told('muster_gpu_window_throttle_ratio', window.throttleRatio[reason], { ...ids, reason }),
  ),
];

const minuteOf = ({ ref, jobId, role, window, causes }: GpuMinute): readonly Sample[] => {
  const ids = gpuLabels(ref);
  return [
    ...(window === undefined ? [] : windowOf(window, ids)),
    ...causes
      .filter(countsByItself)
      .map(({ kind }) =>
        sample('muster_gpu_cause_active', 1, OF_NODE.has(kind) ? { cause: kind } : { ...ids, cause: kind }),
      ),
    ...(jobId === '' ? [] : [sample('muster_gpu_job_info', 1, { ...ids, job_id: jobId, role })]),
  ];
};

/** How each GPU did in its last window, what may slow it down, and who holds its job back. */
export const stragglerSamples = ({ facts }: Snapshot): readonly Sample[] => {
  const stragglers = value(facts, 'stragglers');
  return [
    ...(value(facts, 'gpuMinutes') ?? []).flatMap(minuteOf),
    ...(stragglers?.relativePerformance ?? []).map(({ component, ratio }) =>
      sample('muster_gpu_relative_performance_ratio', ratio, gpuLabels(component)),
    ),
    ...(stragglers?.jobs ?? [])
      .flatMap((job) => job.stragglers)
      .map(({ component, level }) => sample('muster_gpu_straggler_level', 1, { ...componentLabels(component), level })),
  ];
};
