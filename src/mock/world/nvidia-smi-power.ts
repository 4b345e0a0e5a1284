import type { DriverShape } from './driver-shape.ts';
import type { GpuState } from './state.ts';
import type { Element } from './xml.ts';

const NA = 'N/A';
const DEPRECATED = 'Requested functionality has been deprecated';
const watts = (n: number): string => `${n.toFixed(2)} W`;
const celsius = (n: number): string => `${n} C`;
const mhz = (n: number): string => `${n} MHz`;

/** Margins since Ada, absolute limits before: a matter of the architecture, not of the driver. */
const temperature = (gpu: GpuState): Element => {
  const limits = gpu.model.temperature;
  const rows: readonly Element[] =
    limits.style === 'margin'
      ? [
          ['gpu_temp', celsius(gpu.coreCelsius)],
          ['gpu_temp_tlimit', celsius(limits.maxOperatingCelsius - gpu.coreCelsius)],
          ['gpu_temp_max_tlimit_threshold', celsius(limits.shutdownMarginCelsius)],
          ['gpu_temp_slow_tlimit_threshold', celsius(limits.slowdownMarginCelsius)],
          ['gpu_temp_max_gpu_tlimit_threshold', celsius(0)],
          ['gpu_target_temperature', NA],
          ['memory_temp', limits.memorySensor === false ? NA : celsius(gpu.memoryCelsius)],
          ['gpu_temp_max_mem_tlimit_threshold', limits.memorySensor === false ? NA : celsius(0)],
        ]
      : [
          ['gpu_temp', celsius(gpu.coreCelsius)],
          ['gpu_temp_tlimit', NA],
          ['gpu_temp_max_threshold', celsius(limits.shutdownCelsius)],
          ['gpu_temp_slow_threshold', celsius(limits.slowdownCelsius)],
          ['gpu_temp_max_gpu_threshold', celsius(limits.maxOperatingCelsius)],
          ['gpu_target_temperature', NA],
          ['memory_temp', celsius(gpu.memoryCelsius)],
          ['gpu_temp_max_mem_threshold', celsius(limits.memoryMaxCelsius)],
        ];
  return ['temperature', rows];
};

const power = (gpu: GpuState, shape: DriverShape): Element[] => {
  const { averageReported, defaultWatts, minWatts } = gpu.model.power;
  const module = gpu.model.modulePower;
  const moduleLimit = (n: number | undefined): string => (n === undefined ? NA : watts(n));
  const powerState = shape.r590 ? DEPRECATED : 'P0';
  return [
    [
      'gpu_power_readings',
      [
        ['power_state', powerState],
        ['average_power_draw', averageReported ? watts(gpu.powerWatts) : NA],
        ['instant_power_draw', watts(gpu.powerWatts)],
        ['current_power_limit', watts(gpu.powerLimitWatts)],
        ['requested_power_limit', watts(gpu.powerLimitWatts)],
        ['default_power_limit', watts(defaultWatts)],
        ['min_power_limit', watts(minWatts)],
        ['max_power_limit', watts(defaultWatts)],
      ],
    ],
    [
      'gpu_memory_power_readings',
      [
        ['average_power_draw', averageReported ? watts(gpu.memoryPowerWatts) : NA],
        ['instant_power_draw', NA],
      ],
    ],
    [
      'module_power_readings',
      [
        ['power_state', powerState],
        ['average_power_draw', module ? watts(gpu.modulePowerWatts) : NA],
        ['instant_power_draw', module ? watts(gpu.modulePowerWatts) : NA],
        ['current_power_limit', moduleLimit(module?.limitWatts)],
        ['requested_power_limit', moduleLimit(module?.limitWatts)],
        ['default_power_limit', moduleLimit(module?.limitWatts)],
        ['min_power_limit', moduleLimit(module?.minWatts)],
        ['max_power_limit', moduleLimit(module?.limitWatts)],
      ],
    ],
    ['power_smoothing', gpu.model.powerSmoothing],
    [
      'power_profiles',
      [
        ['power_profile_requested_profiles', NA],
        ['power_profile_enforced_profiles', NA],
      ],
    ],
    ...(shape.r590 ? ([['edpp_multiplier', NA]] satisfies Element[]) : []),
  ];
};

const clocks = (gpu: GpuState, shape: DriverShape): Element[] => {
  const { application, maxSm, maxVideo, memory } = gpu.model.clocksMHz;
  const chosen: readonly Element[] = [
    ['graphics_clock', shape.r590 ? DEPRECATED : mhz(application)],
    ['mem_clock', shape.r590 ? DEPRECATED : mhz(memory)],
  ];
  return [
    [
      'clocks',
      [
        ['graphics_clock', mhz(gpu.smMHz)],
        ['sm_clock', mhz(gpu.smMHz)],
        ['mem_clock', mhz(memory)],
        ['video_clock', mhz(gpu.videoMHz)],
      ],
    ],
    ['applications_clocks', chosen],
    ['default_applications_clocks', chosen],
    ['deferred_clocks', [['mem_clock', NA]]],
    [
      'max_clocks',
      [
        ['graphics_clock', mhz(maxSm)],
        ['sm_clock', mhz(maxSm)],
        ['mem_clock', mhz(memory)],
        ['video_clock', mhz(maxVideo)],
      ],
    ],
    ['max_customer_boost_clocks', [['graphics_clock', mhz(maxSm)]]],
    [
      'clock_policy',
      [
        ['auto_boost', NA],
        ['auto_boost_default', NA],
      ],
    ],
    ...(shape.r580 ? [] : ([['voltage', [['graphics_volt', NA]]]] satisfies Element[])),
  ];
};

/** Temperatures, power, clocks. */
export const powerElements = (gpu: GpuState, shape: DriverShape): Element[] => [
  temperature(gpu),
  [
    'supported_gpu_target_temp',
    [
      ['gpu_target_temp_min', NA],
      ['gpu_target_temp_max', NA],
    ],
  ],
  ...power(gpu, shape),
  ...clocks(gpu, shape),
];
