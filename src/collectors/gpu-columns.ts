/**
 * What the follower asks of nvidia-smi, and what it does without where a driver does not know a column. Names are those of
 * `nvidia-smi --help-query-gpu` of drivers 590 and 595.
 */
const NEEDED = ['timestamp', 'index', 'uuid', 'pci.bus_id', 'name', 'utilization.gpu'];

const VALUES = [
  'clocks.current.sm',
  'power.draw',
  'enforced.power.limit',
  'power.default_limit',
  'temperature.gpu',
  'temperature.memory',
  'pcie.link.gen.current',
  'pcie.link.gen.max',
  'pcie.link.width.current',
  'pcie.link.width.max',
  'clocks.applications.graphics',
  'clocks.default_applications.graphics',
  'remapped_rows.correctable',
  'remapped_rows.uncorrectable',
];

const REASONS = [
  'applications_clocks_setting',
  'sw_power_cap',
  'hw_slowdown',
  'hw_thermal_slowdown',
  'hw_power_brake_slowdown',
  'sw_thermal_slowdown',
];
const COUNTED = ['sw_power_cap', 'sw_thermal_slowdown', 'hw_thermal_slowdown', 'hw_power_brake_slowdown'];

const EVENTS = 'clocks_event_reasons.';
/** Their name until driver 535. */
const THROTTLE = 'clocks_throttle_reasons.';
/** How long, not only whether: drivers since 570 count it. */
const COUNTERS = 'clocks_event_reasons_counters.';

export const ALL_COLUMNS: readonly string[] = [
  ...NEEDED,
  ...VALUES,
  ...REASONS.map((name) => `${EVENTS}${name}`),
  ...COUNTED.map((name) => `${COUNTERS}${name}`),
];

/**
 * The columns to ask for instead where one was refused: the older names of the reasons, no counters at all, else all but
 * that one. Nothing where it cannot do without, or never asked for it. Each step loses a name for good, so steps end.
 */
export const withoutColumn = (columns: readonly string[], refused: string): readonly string[] | undefined => {
  if (NEEDED.includes(refused) || !columns.includes(refused)) return undefined;
  if (refused.startsWith(COUNTERS)) return columns.filter((name) => !name.startsWith(COUNTERS));
  if (refused.startsWith(EVENTS))
    return columns
      .filter((name) => !name.startsWith(COUNTERS))
      .map((name) => (name.startsWith(EVENTS) ? `${THROTTLE}${name.slice(EVENTS.length)}` : name));
  return columns.filter((name) => name !== refused);
};
