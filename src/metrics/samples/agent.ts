import type { S } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { fromReading, type Sample, sample } from '../sample.ts';

export interface AgentState {
  readonly version: string;
  readonly nodejsVersion: string;
  readonly configReloadOk: boolean;
}

const said = (reading: S | undefined): string | undefined => (reading?.ok ? reading.value : undefined);

/** The agent itself and the sources that it reads. */
export const agentSamples = (snapshot: Snapshot, agent: AgentState): readonly Sample[] => {
  const { driver, driverModule, inventory } = snapshot.facts;
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
    sample('muster_abandoned_processes', snapshot.abandonedProcesses),
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
