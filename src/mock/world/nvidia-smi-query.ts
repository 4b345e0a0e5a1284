import { driverShape } from './driver-shape.ts';
import { LOST_PATHS } from './lost-gpu.ts';
import { gpuElements } from './nvidia-smi-gpu.ts';
import { asNvidiaSmi } from './pci-address.ts';
import type { GpuState, World } from './state.ts';
import type { Files } from './sys-pci.ts';
import { type Element, withText } from './xml.ts';

/** A column of `--query-gpu`: the name in the header first, then its other spellings; what `-q -x` prints there. */
interface QueryColumn {
  readonly names: readonly [string, ...string[]];
  readonly path: string;
  readonly unit?: string;
  /** What the XML prints after the number, and the query does not. */
  readonly without?: string;
}

const column = (path: string, name: string, ...aliases: string[]): QueryColumn => ({ names: [name, ...aliases], path });
const inUnit =
  (unit: string) =>
  (path: string, name: string, ...aliases: string[]): QueryColumn => ({ ...column(path, name, ...aliases), unit });
const bare =
  (without: string) =>
  (path: string, name: string, ...aliases: string[]): QueryColumn => ({ ...column(path, name, ...aliases), without });

const watts = inUnit('W');
const megahertz = inUnit('MHz');
const percent = inUnit('%');
const mebibytes = inUnit('MiB');
const microseconds = inUnit('us');
const celsius = bare(' C');
const lanes = bare('x');

const LINK = 'pci/pci_gpu_link_info';
const REASONS: readonly (readonly [query: string, xml: string])[] = [
  ['gpu_idle', 'gpu_idle'],
  ['applications_clocks_setting', 'applications_clocks_setting'],
  ['sw_power_cap', 'sw_power_cap'],
  ['hw_slowdown', 'hw_slowdown'],
  ['hw_thermal_slowdown', 'hw_thermal_slowdown'],
  ['hw_power_brake_slowdown', 'hw_power_brake_slowdown'],
  ['sw_thermal_slowdown', 'sw_thermal_slowdown'],
  ['sync_boost', 'sync_boost'],
];
const COUNTERS: readonly (readonly [query: string, xml: string])[] = [
  ['sw_power_cap', 'sw_power_cap'],
  ['sync_boost', 'sync_boost'],
  ['sw_thermal_slowdown', 'sw_therm_slowdown'],
  ['hw_thermal_slowdown', 'hw_therm_slowdown'],
  ['hw_power_brake_slowdown', 'hw_power_brake'],
];
const ECC_KINDS = [
  ['corrected', 'dram', 'dram_correctable'],
  ['corrected', 'sram', 'sram_correctable'],
  ['uncorrected', 'dram', 'dram_uncorrectable'],
] as const;

/** Names and units of `nvidia-smi --help-query-gpu` (590, 595); a name that is not here is refused. */
const COLUMNS: readonly QueryColumn[] = [
  column('timestamp', 'timestamp'),
  column('driver_version', 'driver_version'),
  column('attached_gpus', 'count'),
  column('index', 'index'),
  column('product_name', 'name', 'gpu_name'),
  column('serial', 'serial', 'gpu_serial'),
  column('uuid', 'uuid', 'gpu_uuid'),
  column('pci/pci_bus_id', 'pci.bus_id', 'gpu_bus_id'),
  column('vbios_version', 'vbios_version'),
  column('persistence_mode', 'persistence_mode'),
  column('performance_state', 'pstate'),
  column('compute_mode', 'compute_mode'),
  column('mig_mode/current_mig', 'mig.mode.current'),
  column('mig_mode/pending_mig', 'mig.mode.pending'),
  column('gpu_recovery_action', 'gpu_recovery_action'),
  column(`${LINK}/pcie_gen/current_link_gen`, 'pcie.link.gen.current', 'pcie.link.gen.gpucurrent'),
  column(`${LINK}/pcie_gen/max_link_gen`, 'pcie.link.gen.max'),
  column(`${LINK}/pcie_gen/max_device_link_gen`, 'pcie.link.gen.gpumax'),
  column(`${LINK}/pcie_gen/max_host_link_gen`, 'pcie.link.gen.hostmax'),
  lanes(`${LINK}/link_widths/current_link_width`, 'pcie.link.width.current'),
  lanes(`${LINK}/link_widths/max_link_width`, 'pcie.link.width.max'),
  percent('fan_speed', 'fan.speed'),
  ...REASONS.map(([query, xml]) =>
    column(
      `clocks_event_reasons/clocks_event_reason_${xml}`,
      `clocks_event_reasons.${query}`,
      `clocks_throttle_reasons.${query}`,
    ),
  ),
  ...COUNTERS.map(([query, xml]) =>
    microseconds(
      `clocks_event_reasons_counters/clocks_event_reasons_counters_${xml}`,
      `clocks_event_reasons_counters.${query}`,
    ),
  ),
  ...(['total', 'reserved', 'used', 'free'] as const).map((part) =>
    mebibytes(`fb_memory_usage/${part}`, `memory.${part}`),
  ),
  percent('utilization/gpu_util', 'utilization.gpu'),
  percent('utilization/memory_util', 'utilization.memory'),
  column('ecc_mode/current_ecc', 'ecc.mode.current'),
  ...(['volatile', 'aggregate'] as const).flatMap((since) =>
    ECC_KINDS.map(([kind, where, xml]) => column(`ecc_errors/${since}/${xml}`, `ecc.errors.${kind}.${since}.${where}`)),
  ),
  column('remapped_rows/remapped_row_corr', 'remapped_rows.correctable', 'remapped_rows.sbe'),
  column('remapped_rows/remapped_row_unc', 'remapped_rows.uncorrectable', 'remapped_rows.dbe'),
  column('remapped_rows/remapped_row_pending', 'remapped_rows.pending'),
  column('remapped_rows/remapped_row_failure', 'remapped_rows.failure'),
  celsius('temperature/gpu_temp', 'temperature.gpu'),
  celsius('temperature/gpu_temp_tlimit', 'temperature.gpu.tlimit'),
  celsius('temperature/memory_temp', 'temperature.memory'),
  watts('gpu_power_readings/instant_power_draw', 'power.draw'),
  watts('gpu_power_readings/average_power_draw', 'power.draw.average', 'gpu.power.draw.average'),
  watts('gpu_power_readings/instant_power_draw', 'power.draw.instant', 'gpu.power.draw.instant'),
  watts('gpu_power_readings/requested_power_limit', 'power.limit', 'gpu.power.requested_limit'),
  watts('gpu_power_readings/current_power_limit', 'enforced.power.limit', 'gpu.power.current_limit'),
  watts('gpu_power_readings/default_power_limit', 'power.default_limit', 'gpu.power.default_limit'),
  watts('gpu_power_readings/min_power_limit', 'power.min_limit', 'gpu.power.min_limit'),
  watts('gpu_power_readings/max_power_limit', 'power.max_limit', 'gpu.power.max_limit'),
  megahertz('clocks/graphics_clock', 'clocks.current.graphics', 'clocks.gr'),
  megahertz('clocks/sm_clock', 'clocks.current.sm', 'clocks.sm'),
  megahertz('clocks/mem_clock', 'clocks.current.memory', 'clocks.mem'),
  megahertz('clocks/video_clock', 'clocks.current.video', 'clocks.video'),
  megahertz('applications_clocks/graphics_clock', 'clocks.applications.graphics', 'clocks.applications.gr'),
  megahertz('applications_clocks/mem_clock', 'clocks.applications.memory', 'clocks.applications.mem'),
  megahertz(
    'default_applications_clocks/graphics_clock',
    'clocks.default_applications.graphics',
    'clocks.default_applications.gr',
  ),
  megahertz(
    'default_applications_clocks/mem_clock',
    'clocks.default_applications.memory',
    'clocks.default_applications.mem',
  ),
  megahertz('max_clocks/graphics_clock', 'clocks.max.graphics', 'clocks.max.gr'),
  megahertz('max_clocks/sm_clock', 'clocks.max.sm'),
  megahertz('max_clocks/mem_clock', 'clocks.max.memory', 'clocks.max.mem'),
  column('fabric/state', 'fabric.state'),
  column('fabric/status', 'fabric.status'),
];

/** Words that stand for a value; the query puts them in brackets. */
const WORDS: ReadonlySet<string> = new Set(['N/A', 'GPU is lost', 'Requested functionality has been deprecated']);

/** Text by path; a subtree that was replaced by a word stands for all below it. */
const leavesOf = (elements: readonly Element[], parent = ''): ReadonlyMap<string, string> => {
  const leaves = new Map<string, string>();
  for (const [name, body] of elements) {
    const path = parent + name;
    if (typeof body === 'string' || typeof body === 'number') leaves.set(path, `${body}`);
    else if (!('block' in body)) for (const [inner, text] of leavesOf(body, `${path}/`)) leaves.set(inner, text);
  }
  return leaves;
};

const textAt = (leaves: ReadonlyMap<string, string>, path: string): string => {
  const own = leaves.get(path);
  if (own !== undefined) return own;
  const under = path.lastIndexOf('/');
  return under < 0 ? 'N/A' : textAt(leaves, path.slice(0, under));
};

/** `2026/08/21 08:54:01.000`; the machine's clock is UTC. */
const timestamp = (ms: number): string =>
  new Date(ms).toISOString().slice(0, -1).replaceAll('-', '/').replace('T', ' ');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** `clocks.sm` as a part of the name of a variable; NVIDIA's names have no two underscores in a row. */
const variable = (name: string): string => name.replaceAll('.', '__');

/** A driver without a counter does not know its name. */
const knownTo = (world: World): readonly QueryColumn[] => {
  const { r580 } = driverShape(world.machine.driver);
  return r580 ? COLUMNS : COLUMNS.filter(({ path }) => !path.startsWith('clocks_event_reasons_counters/'));
};

/** For the shell: `c_NAME` is the number of a column, `h_N` its header, `u_N` its unit. */
const columnsFile = (columns: readonly QueryColumn[]): string =>
  columns
    .flatMap(({ names, unit }, i) => [
      ...names.map((name) => `c_${variable(name)}=${i}`),
      `h_${i}=${quoted(unit === undefined ? names[0] : `${names[0]} [${unit}]`)}`,
      `u_${i}=${quoted(unit ?? '')}`,
    ])
    .concat('')
    .join('\n');

const gpuFile = (world: World, gpu: GpuState, index: number, columns: readonly QueryColumn[]): string => {
  const shape = driverShape(world.machine.driver);
  const all = gpuElements(world, gpu, shape);
  const leaves = new Map([
    ...leavesOf(gpu.lost ? withText(all, LOST_PATHS, 'GPU is lost') : all),
    ['timestamp', timestamp(world.atMs)],
    ['index', `${index}`],
    ['driver_version', world.machine.driver],
    ['attached_gpus', `${world.gpus.filter(({ attached }) => attached).length}`],
  ]);
  return [
    `gpu_ids=${quoted(`${index} ${gpu.uuid} ${asNvidiaSmi(gpu.slot.pci)}`)}`,
    ...columns.map(({ path, without }, i) => {
      const text = textAt(leaves, path);
      const shown = WORDS.has(text) ? `[${text}]` : without === undefined ? text : text.replace(without, '');
      return `v_${i}=${quoted(shown)}`;
    }),
    '',
  ].join('\n');
};

/**
 * What `nvidia-smi --query-gpu` is answered from: variables of the shell, one file for the columns and one a GPU, so that
 * every combination of columns can be asked for.
 */
export const queryFiles = (world: World): Files => {
  const columns = knownTo(world);
  return [
    ['commands/query-gpu/columns', columnsFile(columns)],
    ...world.gpus
      .filter((gpu) => gpu.attached)
      .map((gpu, index): Files[number] => [`commands/query-gpu/gpu${index}`, gpuFile(world, gpu, index, columns)]),
  ];
};
