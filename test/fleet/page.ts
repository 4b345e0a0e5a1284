import type { ThrottleReason } from '../../src/api.ts';
import { normal } from './noise.ts';
import { faultOf } from './planted.ts';

export const GPUS_PER_NODE = 4;
export const JOB_ID = '8841';

/** One series and what it is at the moment. */
export interface SeriesValue {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

// An H100 SXM under a training load; slots differ by about 1 % (research on healthy B200 nodes: 1.1–1.6 %), GPUs of one
// slot by as much again, and minutes by half of it.
const CLOCK_HERTZ = 1_755e6;
const POWER_WATTS = 640;
const LIMIT_WATTS = 700;
const TEMPERATURE_CELSIUS = 63;
const SLOT_FACTORS = [1.008, 0.996, 1.004, 0.992] as const;
const REASONS: readonly ThrottleReason[] = [
  'sw_power_cap',
  'sw_thermal',
  'hw_slowdown',
  'hw_thermal',
  'hw_power_brake',
  'sync_boost',
  'application_clocks',
  'idle',
];

export const nodeName = (node: number): string => `gpu-${String(node).padStart(4, '0')}`;
const PCI_BUSES = ['1B', '43', '52', '61'];
export const uuidOf = (node: number, gpu: number): string =>
  `GPU-${String(node).padStart(8, '0')}-0000-4000-8000-${String(gpu).padStart(12, '0')}`;

const gpuSeries = (node: number, gpu: number, minute: number): readonly SeriesValue[] => {
  const fault = faultOf(node, gpu);
  const part = (feature: number): number =>
    (SLOT_FACTORS[gpu] ?? 1) * (1 + 0.007 * normal(node, gpu, feature) + 0.004 * normal(node, gpu, feature, minute));
  const identity = `gpu="${gpu}",UUID="${uuidOf(node, gpu)}",pci_bus_id="00000000:${PCI_BUSES[gpu]}:00.0"`;
  const series = (name: string, value: number, more = ''): SeriesValue => ({
    name: `muster_gpu_${name}`,
    labels: `${identity}${more}`,
    value,
  });
  const clock = Math.round(CLOCK_HERTZ * part(1));
  return [
    series('info', 1, `,model_name="NVIDIA H100 80GB HBM3",serial="16503${node}${gpu}",module_id="${gpu + 1}"`),
    series('job_info', 1, `,job_id="${JOB_ID}",role="all"`),
    series('power_limit_watts', fault.powerLimitWatts ?? LIMIT_WATTS),
    series('window_busy_ratio', Math.min(1, 0.985 + 0.006 * normal(node, gpu, 3, minute))),
    series('window_sm_clock_hertz', Math.round(clock * fault.clock), ',stat="mean"'),
    series('window_sm_clock_hertz', Math.round(clock * 0.97 * fault.clockP05), ',stat="p05"'),
    series('window_power_watts', POWER_WATTS * part(2) * fault.power),
    series('window_temperature_celsius', TEMPERATURE_CELSIUS * part(4) + fault.temperatureKelvin),
    ...REASONS.map((reason) =>
      series(
        'window_throttle_ratio',
        fault.throttle[reason] ?? (reason === 'sw_power_cap' ? 0.3 * part(5) : 0),
        `,reason="${reason}"`,
      ),
    ),
    ...(fault.cause === undefined ? [] : [series('cause_active', 1, `,cause="${fault.cause}"`)]),
  ];
};

/** What the agent of a node exports that the rules and `muster stragglers` read. */
export const nodeSeries = (node: number, minute: number): readonly SeriesValue[] => {
  const { nodeCause } = faultOf(node, 0);
  return [
    { name: 'muster_node_info', labels: 'profile="hgx-h100-4",mock="false"', value: 1 },
    ...(nodeCause === undefined ? [] : [{ name: 'muster_gpu_cause_active', labels: `cause="${nodeCause}"`, value: 1 }]),
    ...Array.from({ length: GPUS_PER_NODE }, (_, gpu) => gpuSeries(node, gpu, minute)).flat(),
  ];
};

/** A page of `/metrics`. */
export const nodePage = (node: number, minute: number): string =>
  nodeSeries(node, minute)
    .map(({ name, labels, value }) => `${name}{${labels}} ${value}\n`)
    .join('');
