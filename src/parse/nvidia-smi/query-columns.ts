import type { GpuSample, ThrottleReason } from '../../api.ts';

/** The sample of a line that is being read. */
export type OpenSample = { -readonly [K in keyof GpuSample]: GpuSample[K] };

export interface NumberColumn {
  readonly kind: 'number';
  /** As nvidia-smi prints it after the value; in brackets in the header, also where the values go without. */
  readonly unit: string;
  /** Whether it is added to what another column said; else the first that says something is believed. */
  readonly adds: boolean;
  readonly multiply: number;
  readonly divide: number;
  readonly least: number;
  readonly most: number;
  readonly put: (sample: OpenSample, value: number) => void;
}

export interface SecondsColumn {
  readonly kind: 'seconds';
  readonly reason: ThrottleReason;
}

export interface FlagColumn {
  readonly kind: 'flag';
  readonly bit: number;
}

export interface MaskColumn {
  readonly kind: 'active' | 'supported';
}

export interface IdentityColumn {
  readonly kind: 'timestamp' | 'index' | 'uuid' | 'pciBusId' | 'model' | 'mig';
}

export type Column = NumberColumn | SecondsColumn | FlagColumn | MaskColumn | IdentityColumn;

/** NVML nvml.h, nvmlClocksEventReasons: the bits of `clocks_event_reasons.active`. */
export const REASON_BITS: Readonly<Record<ThrottleReason, number>> = {
  idle: 0x1,
  application_clocks: 0x2,
  sw_power_cap: 0x4,
  hw_slowdown: 0x8,
  sync_boost: 0x10,
  sw_thermal: 0x20,
  hw_thermal: 0x40,
  hw_power_brake: 0x80,
  display: 0x100,
};

/** What no value of any machine reaches: digits of two lines that ran into each other do. */
const IMPOSSIBLE = { ratio: 100, megahertz: 10_000, watts: 20_000, celsius: 250, generation: 16, lanes: 64, rows: 1e6 };

const number = (unit: string, most: number, put: NumberColumn['put'], scale: Partial<NumberColumn> = {}): Column => ({
  kind: 'number',
  unit,
  adds: false,
  multiply: 1,
  divide: 1,
  least: 0,
  most,
  put,
  ...scale,
});

const megahertz = (put: NumberColumn['put']): Column => number('MHz', IMPOSSIBLE.megahertz, put, { multiply: 1e6 });
const watts = (put: NumberColumn['put']): Column => number('W', IMPOSSIBLE.watts, put);
const celsius = (put: NumberColumn['put']): Column => number('C', IMPOSSIBLE.celsius, put, { least: -100 });

const rows = (): Column =>
  number(
    '',
    IMPOSSIBLE.rows,
    (sample, value) => {
      sample.remappedRows = (sample.remappedRows ?? 0) + value;
    },
    { adds: true },
  );

/**
 * Columns in NVIDIA's spelling, lower case (`nvidia-smi --help-query-gpu`, drivers 590 and 595; the `clocks_throttle`
 * names and `gpu.power` names are the older and the newer spelling of the same). Where two tell the same, the upper one
 * is believed and the other stands in for it: `power.draw` is what every driver has, the limit in force is what slows.
 */
const NUMBERS: readonly (readonly [names: readonly string[], column: Column])[] = [
  [
    ['utilization.gpu'],
    number(
      '%',
      IMPOSSIBLE.ratio,
      (sample, value) => {
        sample.utilizationRatio ??= value;
      },
      { divide: 100 },
    ),
  ],
  [
    ['clocks.current.sm', 'clocks.sm'],
    megahertz((sample, value) => {
      sample.smClockHertz ??= value;
    }),
  ],
  [
    [
      'power.draw',
      'gpu.power.draw',
      'power.draw.average',
      'gpu.power.draw.average',
      'power.draw.instant',
      'gpu.power.draw.instant',
    ],
    watts((sample, value) => {
      sample.powerWatts ??= value;
    }),
  ],
  [
    ['enforced.power.limit', 'gpu.power.current_limit', 'power.limit', 'gpu.power.requested_limit'],
    watts((sample, value) => {
      sample.powerLimitWatts ??= value;
    }),
  ],
  [
    ['power.default_limit', 'gpu.power.default_limit'],
    watts((sample, value) => {
      sample.defaultPowerLimitWatts ??= value;
    }),
  ],
  [
    ['temperature.gpu'],
    celsius((sample, value) => {
      sample.temperatureCelsius ??= value;
    }),
  ],
  [
    ['temperature.memory'],
    celsius((sample, value) => {
      sample.memoryTemperatureCelsius ??= value;
    }),
  ],
  [
    ['pcie.link.gen.gpucurrent', 'pcie.link.gen.current'],
    number('', IMPOSSIBLE.generation, (sample, value) => {
      sample.pcieGeneration ??= value;
    }),
  ],
  // Not `gpumax`: a GPU in a slower slot is not degraded.
  [
    ['pcie.link.gen.max'],
    number('', IMPOSSIBLE.generation, (sample, value) => {
      sample.pcieMaxGeneration ??= value;
    }),
  ],
  [
    ['pcie.link.width.current'],
    number('', IMPOSSIBLE.lanes, (sample, value) => {
      sample.pcieWidth ??= value;
    }),
  ],
  [
    ['pcie.link.width.max'],
    number('', IMPOSSIBLE.lanes, (sample, value) => {
      sample.pcieMaxWidth ??= value;
    }),
  ],
  [
    ['clocks.applications.graphics', 'clocks.applications.gr'],
    megahertz((sample, value) => {
      sample.applicationSmHertz ??= value;
    }),
  ],
  [
    ['clocks.default_applications.graphics', 'clocks.default_applications.gr'],
    megahertz((sample, value) => {
      sample.defaultApplicationSmHertz ??= value;
    }),
  ],
  [['remapped_rows.correctable', 'remapped_rows.sbe'], rows()],
  [['remapped_rows.uncorrectable', 'remapped_rows.dbe'], rows()],
];

const REASON_NAMES: Readonly<Record<string, ThrottleReason>> = {
  gpu_idle: 'idle',
  applications_clocks_setting: 'application_clocks',
  sw_power_cap: 'sw_power_cap',
  hw_slowdown: 'hw_slowdown',
  sync_boost: 'sync_boost',
  sw_thermal_slowdown: 'sw_thermal',
  hw_thermal_slowdown: 'hw_thermal',
  hw_power_brake_slowdown: 'hw_power_brake',
  display_clocks_setting: 'display',
};

const identityColumn = (kind: IdentityColumn['kind'], ...names: readonly string[]): (readonly [string, Column])[] =>
  names.map((name) => [name, { kind }]);

/** "Throttle reasons" until 525, "event reasons" from 535. */
const reasonColumns = (['clocks_event_reasons', 'clocks_throttle_reasons'] as const).flatMap(
  (group): (readonly [string, Column])[] => [
    [`${group}.supported`, { kind: 'supported' }],
    [`${group}.active`, { kind: 'active' }],
    ...Object.entries(REASON_NAMES).flatMap(([name, reason]): (readonly [string, Column])[] => [
      [`${group}.${name}`, { kind: 'flag', bit: REASON_BITS[reason] }],
      [`${group}_counters.${name}`, { kind: 'seconds', reason }],
    ]),
  ],
);

/** By name; the order is that in which they are read, so that the first to tell something is the one believed. */
export const COLUMNS: ReadonlyMap<string, Column> = new Map<string, Column>([
  ...identityColumn('timestamp', 'timestamp'),
  ...identityColumn('index', 'index'),
  ...identityColumn('uuid', 'uuid', 'gpu_uuid'),
  ...identityColumn('pciBusId', 'pci.bus_id', 'gpu_bus_id'),
  ...identityColumn('model', 'name', 'gpu_name'),
  ...identityColumn('mig', 'mig.mode.current'),
  ...reasonColumns,
  ...NUMBERS.flatMap(([names, column]) => names.map((name) => [name, column] as const)),
]);
