import type { DriverShape } from './driver-shape.ts';
import type { GpuState, ThrottleReason } from './state.ts';
import type { Element } from './xml.ts';

/** The names of the flags and of the counters differ (`sw_thermal_slowdown`, `sw_therm_slowdown`); the order is the tool's. */
const FLAGS: readonly (readonly [string, ThrottleReason])[] = [
  ['gpu_idle', 'idle'],
  ['applications_clocks_setting', 'applicationClocks'],
  ['sw_power_cap', 'swPowerCap'],
  ['hw_slowdown', 'hwSlowdown'],
  ['hw_thermal_slowdown', 'hwThermal'],
  ['hw_power_brake_slowdown', 'hwPowerBrake'],
  ['sync_boost', 'syncBoost'],
  ['sw_thermal_slowdown', 'swThermal'],
  ['display_clocks_setting', 'display'],
];
const COUNTERS: readonly (readonly [string, ThrottleReason])[] = [
  ['sw_power_cap', 'swPowerCap'],
  ['sync_boost', 'syncBoost'],
  ['sw_therm_slowdown', 'swThermal'],
  ['hw_therm_slowdown', 'hwThermal'],
  ['hw_power_brake', 'hwPowerBrake'],
];

/** Performance state, throttle reasons, memory use, utilisation. */
export const performanceElements = (gpu: GpuState, shape: DriverShape): Element[] => {
  const { memory } = gpu.model;
  const used = gpu.processes.reduce((sum, process) => sum + process.usedMiB, 0);
  const mib = (n: number): string => `${n} MiB`;
  const idleStats: Element[] = [
    ['session_count', 0],
    ['average_fps', 0],
    ['average_latency', 0],
  ];
  return [
    ['performance_state', 'P0'],
    [
      'clocks_event_reasons',
      FLAGS.map(([name, reason]) => [
        `clocks_event_reason_${name}`,
        gpu.throttleActive[reason] ? 'Active' : 'Not Active',
      ]),
    ],
    ...(shape.r580
      ? ([
          [
            'clocks_event_reasons_counters',
            COUNTERS.map(([name, reason]) => [
              `clocks_event_reasons_counters_${name}`,
              `${Math.floor(gpu.throttleMicroseconds[reason])} us`,
            ]),
          ],
        ] satisfies Element[])
      : []),
    ['sparse_operation_mode', gpu.model.sparseOperationMode],
    [
      'fb_memory_usage',
      [
        ['total', mib(memory.totalMiB)],
        ['reserved', mib(memory.reservedMiB)],
        ['used', mib(used)],
        ['free', mib(memory.totalMiB - memory.reservedMiB - used)],
      ],
    ],
    [
      'bar1_memory_usage',
      [
        ['total', mib(memory.bar1MiB)],
        ['used', mib(memory.bar1UsedMiB)],
        ['free', mib(memory.bar1MiB - memory.bar1UsedMiB)],
      ],
    ],
    [
      'cc_protected_memory_usage',
      [
        ['total', '0 MiB'],
        ['used', '0 MiB'],
        ['free', '0 MiB'],
      ],
    ],
    ['compute_mode', 'Default'],
    [
      'utilization',
      [
        ['gpu_util', `${gpu.utilizationPercent} %`],
        ['memory_util', `${gpu.memoryUtilizationPercent} %`],
        ['encoder_util', '0 %'],
        ['decoder_util', '0 %'],
        ['jpeg_util', '0 %'],
        ['ofa_util', '0 %'],
      ],
    ],
    ['encoder_stats', idleStats],
    ['fbc_stats', idleStats],
    [
      'dram_encryption_mode',
      [
        ['current_dram_encryption', 'N/A'],
        ['pending_dram_encryption', 'N/A'],
      ],
    ],
  ];
};
