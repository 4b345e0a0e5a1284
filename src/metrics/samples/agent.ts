import type { S } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { fromReading, type Sample, sample } from '../sample.ts';

export interface AgentState {
  readonly version: string;
  readonly nodejsVersion: string;
  readonly configReloadOk: boolean;
  readonly enforcementEnabled: boolean;
  /** Of the daemon alone. */
  readonly agent?: RunningAgentState;
}

/** What the daemon knows of itself. */
export interface RunningAgentState {
  /** Unix ms. */
  readonly reloadedAt: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly openDescriptors: number | undefined;
  /** The worst of the last minute. */
  readonly loopDelaySeconds: number;
  readonly events: { readonly durable: boolean; readonly bytes: number; readonly notDurable: number };
  readonly eventsTold: number;
  readonly shed: readonly string[];
  readonly steps: { readonly accepted: number; readonly refused: Readonly<Record<string, number>> };
}

const running = (agent: RunningAgentState): readonly Sample[] => [
  sample('muster_config_last_reload_success_timestamp_seconds', agent.reloadedAt / 1000),
  sample('muster_agent_cpu_seconds_total', agent.cpuSeconds),
  sample('muster_agent_resident_memory_bytes', agent.residentBytes),
  ...(agent.openDescriptors === undefined ? [] : [sample('muster_agent_open_descriptors', agent.openDescriptors)]),
  sample('muster_agent_event_loop_delay_seconds', agent.loopDelaySeconds),
  sample('muster_events_durable', Number(agent.events.durable)),
  sample('muster_events_stored_bytes', agent.events.bytes),
  sample('muster_events_in_memory_only', agent.events.notDurable),
  sample('muster_events_total', agent.eventsTold),
  ...agent.shed.map((source) => sample('muster_source_shed', 1, { source })),
  sample('muster_job_steps_total', agent.steps.accepted, { result: 'accepted' }),
  sample(
    'muster_job_steps_total',
    Object.values(agent.steps.refused).reduce((sum, count) => sum + count, 0),
    {
      result: 'refused',
    },
  ),
];

const said = (reading: S | undefined): string | undefined => (reading?.ok ? reading.value : undefined);

/** The agent itself and the sources that it reads. */
export const agentSamples = (snapshot: Snapshot, agent: AgentState): readonly Sample[] => {
  const { driver, driverModule, inventory, kernelLog } = snapshot.facts;
  const module = driverModule?.ok ? driverModule.value.version : undefined;
  return [
    sample('muster_build_info', 1, { version: agent.version, nodejs_version: agent.nodejsVersion }),
    sample('muster_node_info', 1, {
      profile: snapshot.profile.id,
      driver_version: said(driver?.ok ? driver.value.version : undefined) ?? said(module),
      cuda_version: said(driver?.ok ? driver.value.cudaVersion : undefined),
      kernel: said(inventory?.ok ? inventory.value.kernel : undefined),
      model: said(inventory?.ok ? inventory.value.model : undefined),
      mock: String(snapshot.node.mock !== undefined),
    }),
    sample('muster_config_last_reload_successful', Number(agent.configReloadOk)),
    sample('muster_enforcement_enabled', Number(agent.enforcementEnabled)),
    sample('muster_abandoned_processes', snapshot.abandonedProcesses),
    ...(kernelLog?.ok ? [sample('muster_kernel_log_lost_records_total', kernelLog.value.lost)] : []),
    ...(agent.agent === undefined ? [] : running(agent.agent)),
    ...snapshot.sources.flatMap(({ source, up, durationSeconds, lastSuccessAt }) => [
      sample('muster_source_up', Number(up), { source }),
      sample('muster_source_duration_seconds', durationSeconds, { source }),
      ...(lastSuccessAt === undefined
        ? []
        : fromReading(
            'muster_source_last_success_timestamp_seconds',
            { ok: true, value: lastSuccessAt / 1000 },
            { source },
          )),
    ]),
  ];
};
