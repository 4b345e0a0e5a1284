import { GPU_LABELS, NIC_LABELS, RECOVERY_ACTIONS, UNKNOWN_RECOVERY_ACTION } from './labels.ts';

export type MetricGroup = 'agent' | 'checks' | 'validation' | 'gpu' | 'straggler' | 'nic';

export interface MetricFamily {
  readonly name: string;
  readonly group: MetricGroup;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels: readonly string[];
  /** Kept with `metrics.detail: minimal`; of a StateSet then only the state that holds. */
  readonly minimal?: true;
  /** One series for each state, 1 for the one that holds. */
  readonly stateSet?: true;
  /** Present only while it is so. */
  readonly sparse?: true;
  /** The order in which a cap drops families; one without never drops. */
  readonly dropped?: 'first: windows' | 'second: port errors' | 'third: readings';
}

const family =
  (group: MetricGroup, defaults: Pick<MetricFamily, 'dropped'> = {}) =>
  (
    name: string,
    type: MetricFamily['type'],
    labels: readonly string[],
    help: string,
    more: Partial<Pick<MetricFamily, 'minimal' | 'stateSet' | 'sparse' | 'dropped'>> = {},
  ): MetricFamily => ({ name: `muster_${name}`, group, type, labels, help, ...defaults, ...more });

const minimal = { minimal: true } as const;
const states = { minimal: true, stateSet: true } as const;
const sparse = { minimal: true, sparse: true } as const;
const readings = { dropped: 'third: readings' } as const;
const windows = { dropped: 'first: windows' } as const;

const agent = family('agent');
const check = family('checks');
const validation = family('validation');
const gpuFamily = family('gpu', readings);
const stragglerFamily = family('straggler');
const nicFamily = family('nic', readings);

const gpu = (
  name: string,
  type: MetricFamily['type'],
  labels: readonly string[],
  help: string,
  more = {},
): MetricFamily => gpuFamily(`gpu_${name}`, type, [...GPU_LABELS, ...labels], help, more);
const straggler = (
  name: string,
  labels: readonly string[],
  help: string,
  more: Partial<MetricFamily> = {},
): MetricFamily => stragglerFamily(`gpu_${name}`, 'gauge', [...GPU_LABELS, ...labels], help, more);
const nic = (
  name: string,
  type: MetricFamily['type'],
  labels: readonly string[],
  help: string,
  more = {},
): MetricFamily => nicFamily(`nic_${name}`, type, [...NIC_LABELS, ...labels], help, more);

const recoveryActions = [
  ...RECOVERY_ACTIONS.map(({ value, meaning }) => `${value} ${meaning}`),
  `${UNKNOWN_RECOVERY_ACTION} not known to this version`,
].join(', ');

/** Every metric that Muster exposes. */
export const CATALOGUE: readonly MetricFamily[] = [
  agent('build_info', 'gauge', ['version', 'nodejs_version'], 'Version of this agent; always 1.', minimal),
  agent(
    'node_info',
    'gauge',
    ['profile', 'driver_version', 'cuda_version', 'kernel', 'model', 'mock'],
    'What this node is; always 1. mock="true" is a simulated machine.',
    minimal,
  ),
  agent(
    'config_last_reload_successful',
    'gauge',
    [],
    'Whether the last reload of the configuration succeeded.',
    minimal,
  ),
  agent(
    'config_last_reload_success_timestamp_seconds',
    'gauge',
    [],
    'When the configuration was last read successfully.',
    minimal,
  ),
  agent(
    'enforcement_enabled',
    'gauge',
    [],
    'Whether verdicts are acted on here; 0 while the kill switch is pulled.',
    minimal,
  ),
  agent('source_up', 'gauge', ['source'], 'Whether the last reading of this source succeeded.', minimal),
  agent('source_duration_seconds', 'gauge', ['source'], 'How long the last reading of this source took.', readings),
  agent(
    'source_last_success_timestamp_seconds',
    'gauge',
    ['source'],
    'When this source was last read successfully.',
    minimal,
  ),
  agent(
    'source_shed',
    'gauge',
    ['source'],
    'An optional source that is not asked for now, because the agent takes too much; present only while it is so.',
    sparse,
  ),
  agent(
    'kernel_log_lost_records_total',
    'counter',
    [],
    'Kernel records that were overwritten before they were read, since boot.',
    minimal,
  ),
  agent(
    'agent_cpu_seconds_total',
    'counter',
    [],
    'User and system time of the agent, without the tools it starts.',
    minimal,
  ),
  agent('agent_resident_memory_bytes', 'gauge', [], 'Resident memory of the agent.', minimal),
  agent('agent_open_descriptors', 'gauge', [], 'Open file descriptors of the agent.'),
  agent(
    'agent_event_loop_delay_seconds',
    'gauge',
    [],
    'How late a timer of the agent came at worst in the last minute.',
    minimal,
  ),
  agent('events_total', 'counter', [], 'Events told on this node, over restarts: the number of the last one.', minimal),
  agent('events_durable', 'gauge', [], 'Whether events reach the disk; 0 while they are kept in memory.', minimal),
  agent('events_stored_bytes', 'gauge', [], 'Size of the event store on disk.'),
  agent('events_in_memory_only', 'gauge', [], 'Events that the disk has not taken yet.'),
  agent(
    'job_steps_total',
    'counter',
    ['result'],
    'Step times that jobs posted to the job socket: accepted, or refused as malformed or too many.',
  ),
  agent(
    'abandoned_processes',
    'gauge',
    [],
    'Child processes that would not die (a tool in uninterruptible sleep) and were left behind.',
    minimal,
  ),
  agent(
    'metrics_truncated',
    'gauge',
    [],
    'Whether series were dropped because there were more than the configured cap.',
    minimal,
  ),

  check(
    'check_status',
    'gauge',
    ['check', 'category', 'state'],
    'State of each check that ran; information counts as pass, a skipped check has no series, suppressed findings do not count.',
    states,
  ),
  check('check_last_run_timestamp_seconds', 'gauge', ['check'], 'When this check was last evaluated.', readings),
  check('check_errors_total', 'counter', ['check'], 'How often the check itself failed; only when not zero.', sparse),
  check(
    'finding_active',
    'gauge',
    ['check', 'code', 'severity', 'component', ...GPU_LABELS, ...NIC_LABELS],
    'A finding that counts (enforced, not suppressed); present only while it is active.',
    sparse,
  ),
  check(
    'observed_findings',
    'gauge',
    ['check', 'severity'],
    'Findings of checks in mode observe, which count towards nothing; present only while there are some.',
    sparse,
  ),
  check('node_status', 'gauge', ['state'], 'Health of the node as a whole.', states),
  check('gpu_status', 'gauge', [...GPU_LABELS, 'state'], 'Health of each GPU by the findings about it.', states),
  check('suppressed_findings', 'gauge', [], 'Findings that someone has suppressed for a time.', minimal),

  validation('validation_status', 'gauge', ['level', 'state'], 'Result of the last validation of this level.', states),
  validation('validation_last_timestamp_seconds', 'gauge', ['level'], 'When the last validation ended.', minimal),
  validation('validation_duration_seconds', 'gauge', ['level'], 'How long the last validation took.', minimal),

  gpu(
    'info',
    'gauge',
    ['model_name', 'serial', 'vbios_version', 'inforom_version', 'gsp_firmware_version', 'module_id'],
    'What this GPU is; always 1.',
    minimal,
  ),
  gpu('fabric_info', 'gauge', ['state', 'status', 'clique_id', 'cluster_uuid'], 'NVLink fabric of the GPU; always 1.'),
  gpu('temperature_celsius', 'gauge', ['sensor'], 'Temperature of the GPU core and of its memory.', minimal),
  gpu(
    'temperature_margin_celsius',
    'gauge',
    [],
    'Distance to the maximum operating temperature (T.Limit); lower is hotter.',
  ),
  gpu('power_watts', 'gauge', [], 'Power drawn.', minimal),
  gpu('power_limit_watts', 'gauge', [], 'Power limit in force.'),
  gpu('clock_hertz', 'gauge', ['domain'], 'Current clock.'),
  gpu('utilization_ratio', 'gauge', [], 'Share of time in which a kernel ran, as nvidia-smi samples it.'),
  gpu('memory_used_bytes', 'gauge', [], 'Device memory in use.'),
  gpu(
    'throttle_seconds_total',
    'counter',
    ['reason'],
    'Time for which the clocks were held back, by reason, as the driver counts it.',
  ),
  gpu('throttle_active', 'gauge', ['reason'], 'Whether the clocks are held back for this reason now.'),
  gpu(
    'ecc_errors_total',
    'counter',
    ['severity', 'location'],
    'ECC errors since the driver was loaded (the volatile counters).',
  ),
  gpu('remapped_rows', 'gauge', ['cause'], 'Memory rows remapped over the life of the GPU, by the kind of error.'),
  gpu('row_remap_pending', 'gauge', [], 'Whether a row remapping waits for a reset of the GPU.', minimal),
  gpu('row_remap_failed', 'gauge', [], 'Whether a row could not be remapped: the GPU needs service.', minimal),
  gpu('recovery_action', 'gauge', [], `Action that the driver asks for: ${recoveryActions}.`, minimal),
  gpu('pcie_link_generation', 'gauge', [], 'Current PCIe generation; it drops at idle on healthy GPUs.'),
  gpu('pcie_link_width', 'gauge', [], 'Current PCIe width in lanes.'),
  gpu('pcie_replays_total', 'counter', [], 'PCIe replays since the driver was loaded.'),
  gpu('nvlink_links_up', 'gauge', [], 'NVLink links that are up.', minimal),
  gpu('nvlink_errors_total', 'counter', ['kind'], 'NVLink errors, all links of the GPU together.'),
  gpu(
    'xid_events_total',
    'counter',
    ['xid_class'],
    'Xid events in the kernel log that the kernel itself wrote, by class; starts at 0.',
    minimal,
  ),
  gpu(
    'xid_last_timestamp_seconds',
    'gauge',
    ['xid'],
    'When this Xid was last seen; present only for those that were.',
    sparse,
  ),

  straggler('window_busy_ratio', [], 'Share of the window in which a kernel ran.', windows),
  straggler(
    'window_sm_clock_hertz',
    ['stat'],
    'SM clock in the window while the GPU was busy: the mean, and what it was above 95 % of the time.',
    windows,
  ),
  straggler('window_power_watts', [], 'Mean power in the window.', windows),
  straggler(
    'window_throttle_ratio',
    ['reason'],
    'Share of the window for which the clocks were held back, by reason.',
    windows,
  ),
  straggler('window_temperature_celsius', [], 'Mean temperature of the core in the window.', windows),
  straggler(
    'cause_active',
    ['cause'],
    'State that may slow the GPU down, present only while it is so; without the labels of a GPU it holds on the node.',
    sparse,
  ),
  straggler(
    'relative_performance_ratio',
    [],
    'Speed against the peers, 1 is as fast as they are; of busy GPUs that have peers.',
    minimal,
  ),
  straggler(
    'straggler_level',
    ['level'],
    'A GPU that holds its job back, or without labels of a GPU the node; present only while it is so.',
    sparse,
  ),
  straggler(
    'job_info',
    ['job_id', 'role'],
    'The job that works on the GPU, at most one; always 1. The role is all where nothing says it.',
    minimal,
  ),

  nic(
    'info',
    'gauge',
    ['hca_type', 'board_id', 'firmware_version', 'link_layer', 'role', 'netdev', 'pci_bus_id'],
    'What this port is; always 1.',
    minimal,
  ),
  nic(
    'port_up',
    'gauge',
    [],
    'Whether the port is active and its link up; unused ports are down on healthy machines.',
    minimal,
  ),
  nic('port_rate_bytes_per_second', 'gauge', [], 'Current rate of the port.'),
  nic(
    'port_expected_rate_bytes_per_second',
    'gauge',
    [],
    'Rate that the machine profile expects of ports of this role.',
  ),
  nic('port_flaps_total', 'counter', [], 'How often the link went down.'),
  nic('port_errors_total', 'counter', ['counter'], 'Port errors by their name in sysfs.', {
    dropped: 'second: port errors',
  }),
  nic('pcie_link_width', 'gauge', [], 'Current PCIe width of the adapter in lanes.'),
  nic('pcie_link_generation', 'gauge', [], 'Current PCIe generation of the adapter.'),
];

const BY_NAME: ReadonlyMap<string, MetricFamily> = new Map(CATALOGUE.map((entry) => [entry.name, entry]));

/** The family of a name; a name outside the catalogue is a programming error. */
export const familyOf = (name: string): MetricFamily => {
  const found = BY_NAME.get(name);
  if (found === undefined)
    throw new Error(`metric ${name} is not in the catalogue; add it to src/metrics/catalogue.ts`);
  return found;
};
