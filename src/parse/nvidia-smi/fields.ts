/**
 * Which driver prints which element, so that an element that vanishes is told from one that never was. Source: real
 * captures of `nvidia-smi -q -x` and `-q`, drivers 418.43, 470.74, 510.47, 515.105, 525.147, 535.161, 536.40, 570.148,
 * 580.65, 580.105, 580.173, 590.44, 595.91 (influxdata/telegraf and NVIDIA/k8s-test-infra test data; leptonai/gpud);
 * 580.159 (our own recording, test/fixtures/recordings/h200-vm).
 * `since` is the first driver seen printing the element, not NVIDIA's own point of change.
 */
export interface Field {
  /** 'always': every driver seen prints it for every GPU. Absent where only companions can tell. */
  readonly since?: string;
  /** The first driver seen without it. */
  readonly until?: string;
  /** Printed for some GPUs only. */
  readonly only?: (leaves: ReadonlyMap<string, string>) => boolean;
  /** Elements of the same generation: where one of them is printed, so is this. */
  readonly with?: readonly string[];
}

/** T.Limit margins came with Ada and Hopper; Ampere and older print absolute limits, even on driver 595. */
const BEFORE_MARGINS = ['Kepler', 'Maxwell', 'Pascal', 'Volta', 'Turing', 'Ampere'];
const printsMargins = (leaves: ReadonlyMap<string, string>): boolean => {
  const printed = [...leaves.keys()].filter((path) => path.startsWith('temperature/gpu_temp_'));
  if (printed.some((path) => path.endsWith('_tlimit_threshold'))) return true;
  if (printed.some((path) => path.endsWith('_threshold'))) return false;
  const architecture = leaves.get('product_architecture');
  return architecture !== undefined && !BEFORE_MARGINS.includes(architecture);
};
const printsAbsoluteLimits = (leaves: ReadonlyMap<string, string>): boolean => !printsMargins(leaves);

const every = (paths: readonly string[], field: Field): Record<string, Field> =>
  Object.fromEntries(paths.map((path) => [path, { ...field, with: paths.filter((other) => other !== path) }]));

const below = (parent: string, names: readonly string[]): string[] => names.map((name) => `${parent}/${name}`);

const always = (paths: readonly string[]): Record<string, Field> =>
  Object.fromEntries(paths.map((path) => [path, { since: 'always' }]));

const SPLIT_SRAM = ['sram_uncorrectable_parity', 'sram_uncorrectable_secded'];

export const FIELDS: Readonly<Record<string, Field>> = {
  ...always([
    'product_name',
    'uuid',
    'serial',
    'vbios_version',
    'persistence_mode',
    'performance_state',
    'processes',
    'inforom_version/img_version',
    'gpu_virtualization_mode/virtualization_mode',
    'ecc_mode/current_ecc',
    'temperature/gpu_temp',
    'temperature/memory_temp',
    'utilization/gpu_util',
    ...below('pci', ['pci_bus_id', 'pci_device_id', 'pci_sub_system_id', 'replay_counter']),
    ...below('pci/pci_gpu_link_info/pcie_gen', ['max_link_gen', 'current_link_gen']),
    ...below('pci/pci_gpu_link_info/link_widths', ['max_link_width', 'current_link_width']),
    ...below('fb_memory_usage', ['total', 'used']),
    ...below('clocks', ['sm_clock', 'mem_clock']),
    ...below('max_clocks', ['sm_clock', 'mem_clock']),
    ...below('retired_pages', ['multiple_single_bit_retirement/retired_count', 'double_bit_retirement/retired_count']),
    'retired_pages/pending_retirement',
    ...below('gpu_power_readings', [
      'instant_power_draw',
      'current_power_limit',
      'default_power_limit',
      'min_power_limit',
      'max_power_limit',
    ]),
    ...below(
      'clocks_event_reasons',
      [
        'sw_power_cap',
        'sw_thermal_slowdown',
        'hw_slowdown',
        'hw_thermal_slowdown',
        'hw_power_brake_slowdown',
        'sync_boost',
        'applications_clocks_setting',
        'gpu_idle',
        'display_clocks_setting',
      ].map((reason) => `clocks_event_reason_${reason}`),
    ),
    ...['volatile', 'aggregate'].flatMap((scope) =>
      below(`ecc_errors/${scope}`, [
        'sram_correctable',
        'sram_uncorrectable',
        'dram_correctable',
        'dram_uncorrectable',
      ]),
    ),
  ]),
  ...Object.fromEntries(
    ['volatile', 'aggregate'].flatMap((scope) =>
      SPLIT_SRAM.map((name) => [
        `ecc_errors/${scope}/${name}`,
        { with: below(`ecc_errors/${scope}`, SPLIT_SRAM).filter((other) => !other.endsWith(name)) },
      ]),
    ),
  ),
  product_architecture: { since: '515.105' },
  gsp_firmware_version: { since: '470.74' },
  'mig_mode/current_mig': { since: '470.74', with: ['mig_mode/pending_mig'] },
  'mig_mode/pending_mig': { since: '470.74', with: ['mig_mode/current_mig'] },
  gpu_recovery_action: { since: '570.124' },
  'gpu_reset_status/reset_required': {
    since: '535.54',
    until: '580',
    // What replaced it: 570 prints both, and says of this one that it is deprecated.
    only: (leaves) => !leaves.has('gpu_recovery_action'),
    with: ['gpu_reset_status/drain_and_reset_recommended'],
  },
  'ecc_errors/aggregate/sram_threshold_exceeded': { with: below('ecc_errors/aggregate', SPLIT_SRAM) },
  ...every(below('ecc_errors', ['channel_repair_pending', 'tpc_repair_pending']), {
    since: '580.65',
    // Turing, with its undivided SRAM counters, has no repair (real captures, RTX 2070 and 2080, driver 590.44).
    only: (leaves) => !leaves.has('ecc_errors/aggregate/sram_uncorrectable'),
  }),
  // Printed by 580.159, 580.173 and 595, but by neither 580.105 nor 590.44; `remapped_row_corr_inactive` came with it.
  'ecc_errors/unrepairable_memory': {
    since: '595',
    with: below('remapped_rows', ['remapped_row_corr_inactive', 'remapped_row_unc_inactive']),
  },
  ...every(
    below('remapped_rows', ['remapped_row_corr', 'remapped_row_unc', 'remapped_row_pending', 'remapped_row_failure']),
    { since: '470.74' },
  ),
  ...every(
    below(
      'remapped_rows/row_remapper_histogram',
      ['max', 'high', 'partial', 'low', 'none'].map((name) => `row_remapper_histogram_${name}`),
    ),
    { since: '515.105' },
  ),
  'temperature/gpu_temp_tlimit': { since: '525.125' },
  ...every(below('temperature', ['gpu_temp_slow_tlimit_threshold', 'gpu_temp_max_tlimit_threshold']), {
    since: '535.161',
    only: printsMargins,
  }),
  ...every(
    below('temperature', [
      'gpu_temp_slow_threshold',
      'gpu_temp_max_threshold',
      'gpu_temp_max_gpu_threshold',
      'gpu_temp_max_mem_threshold',
    ]),
    { since: '418', only: printsAbsoluteLimits },
  ),
  ...every(
    below(
      'clocks_event_reasons_counters',
      ['sw_power_cap', 'sync_boost', 'sw_therm_slowdown', 'hw_therm_slowdown', 'hw_power_brake'].map(
        (reason) => `clocks_event_reasons_counters_${reason}`,
      ),
    ),
    { since: '580.65' },
  ),
  ...every(below('fabric', ['state', 'status']), { since: '525.125' }),
  ...every(below('fabric', ['cliqueId', 'clusterUuid']), { since: '570.124' }),
  ...every(
    below('fabric/health', ['bandwidth', 'route_recovery_in_progress', 'route_unhealthy', 'access_timeout_recovery']),
    { since: '570.124' },
  ),
  ...every(below('fabric/health', ['summary', 'incorrect_configuration']), { since: '580.65' }),
  ...every(below('platformInfo', ['chassis_serial_number', 'slot_number', 'tray_index', 'host_id', 'module_id']), {
    since: '570.124',
  }),
};
