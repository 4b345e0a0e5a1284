import type { FaultKind, TruthFault, Visibility } from './spec.ts';

/**
 * What a fault acts on: the cooling of a GPU, its limits, the time its host lets it wait, its memory, small gaps between
 * all kernels, or the communication of the whole job.
 */
export type Mechanism =
  | 'heat'
  | 'limit'
  | 'brake'
  | 'lock'
  | 'gap'
  | 'memory'
  | 'small_gaps'
  | 'communication'
  | 'rotating_gap';

export interface FaultProfile {
  readonly mechanism: Mechanism;
  readonly cause: string;
  /** Where the fault is not told a GPU. */
  readonly scope: TruthFault['scope'];
  readonly visible: Visibility;
  readonly pressure?: 'cpu' | 'io';
  /** The GPU of the spec only says which port; the node is what is slow. */
  readonly byPort?: true;
}

export const FAULT_PROFILES: Readonly<Record<FaultKind, FaultProfile>> = {
  thermal: { mechanism: 'heat', cause: 'thermal_throttle', scope: 'node', visible: 'telemetry' },
  hot_inlet: { mechanism: 'heat', cause: 'thermal_throttle', scope: 'shared', visible: 'telemetry' },
  power_limit: { mechanism: 'limit', cause: 'power_limit_lowered', scope: 'node', visible: 'telemetry' },
  power_brake: { mechanism: 'brake', cause: 'power_brake', scope: 'node', visible: 'telemetry' },
  locked_clocks: { mechanism: 'lock', cause: 'clocks_locked', scope: 'node', visible: 'telemetry' },
  pcie_width: { mechanism: 'gap', cause: 'pcie_degraded', scope: 'node', visible: 'telemetry' },
  pcie_generation: { mechanism: 'gap', cause: 'pcie_degraded', scope: 'node', visible: 'telemetry' },
  nvlink_lane: { mechanism: 'communication', cause: 'nvlink_degraded', scope: 'node', visible: 'state-only' },
  infiniband_rate: {
    mechanism: 'communication',
    cause: 'link_degraded',
    scope: 'node',
    visible: 'state-only',
    byPort: true,
  },
  infiniband_width: {
    mechanism: 'communication',
    cause: 'link_degraded',
    scope: 'node',
    visible: 'state-only',
    byPort: true,
  },
  infiniband_flap: {
    mechanism: 'communication',
    cause: 'link_degraded',
    scope: 'node',
    visible: 'state-only',
    byPort: true,
  },
  wrong_rail: { mechanism: 'communication', cause: 'none', scope: 'node', visible: 'none' },
  remapped_rows: { mechanism: 'memory', cause: 'remapped_rows', scope: 'node', visible: 'telemetry' },
  cpu_hog: { mechanism: 'gap', cause: 'host_pressure', scope: 'node', visible: 'telemetry', pressure: 'cpu' },
  loader_stall: { mechanism: 'gap', cause: 'none', scope: 'node', visible: 'telemetry' },
  garbage_collection: { mechanism: 'rotating_gap', cause: 'none', scope: 'job', visible: 'telemetry' },
  slow_storage: { mechanism: 'gap', cause: 'host_pressure', scope: 'node', visible: 'telemetry', pressure: 'io' },
  slow_node: { mechanism: 'small_gaps', cause: 'none', scope: 'node', visible: 'telemetry' },
  fleet_dip: { mechanism: 'gap', cause: 'none', scope: 'job', visible: 'telemetry' },
};
