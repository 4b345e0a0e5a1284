import type { Gpu, S } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { gpuLabels } from '../identity.ts';
import { ECC_LOCATIONS, RECOVERY_ACTIONS, THROTTLE_REASONS, UNKNOWN_RECOVERY_ACTION } from '../labels.ts';
import { fromReading, type Sample, sample } from '../sample.ts';

const said = (reading: S): string | undefined => (reading.ok ? reading.value : undefined);

const infoOf = (gpu: Gpu): readonly Sample[] => [
  sample('muster_gpu_info', 1, {
    ...gpuLabels(gpu.ref),
    model_name: said(gpu.product) ?? gpu.ref.model,
    serial: gpu.ref.serial,
    vbios_version: said(gpu.vbiosVersion),
    inforom_version: said(gpu.inforomVersion),
    gsp_firmware_version: said(gpu.gspFirmwareVersion),
    module_id: said(gpu.platform.moduleId) ?? gpu.ref.slot,
  }),
];

const fabricOf = (gpu: Gpu): readonly Sample[] =>
  gpu.fabric.state.ok
    ? [
        sample('muster_gpu_fabric_info', 1, {
          ...gpuLabels(gpu.ref),
          state: gpu.fabric.state.value,
          status: said(gpu.fabric.status),
          clique_id: said(gpu.fabric.cliqueId),
          cluster_uuid: said(gpu.fabric.clusterUuid),
        }),
      ]
    : [];

/** nvidia-smi's text as NVML's number. */
const recoveryActionOf = (text: string): number => {
  const lower = text.trim().toLowerCase();
  return (
    RECOVERY_ACTIONS.find(({ beginsWith }) => beginsWith.some((start) => lower.startsWith(start)))?.value ??
    UNKNOWN_RECOVERY_ACTION
  );
};

const readingsOf = (gpu: Gpu): readonly Sample[] => {
  const ids = gpuLabels(gpu.ref);
  const { temperature, power, clock, rows, pcie, ecc } = gpu;
  return [
    ...fromReading('muster_gpu_temperature_celsius', temperature.coreCelsius.latest, { ...ids, sensor: 'core' }),
    ...fromReading('muster_gpu_temperature_celsius', temperature.memoryCelsius.latest, { ...ids, sensor: 'memory' }),
    ...fromReading('muster_gpu_temperature_margin_celsius', temperature.marginCelsius.latest, ids),
    ...fromReading('muster_gpu_power_watts', power.drawWatts.latest, ids),
    ...fromReading('muster_gpu_power_limit_watts', power.limitWatts, ids),
    ...fromReading('muster_gpu_clock_hertz', clock.smHertz.latest, { ...ids, domain: 'sm' }),
    ...fromReading('muster_gpu_clock_hertz', clock.memoryHertz.latest, { ...ids, domain: 'memory' }),
    ...fromReading('muster_gpu_utilization_ratio', gpu.utilizationRatio.latest, ids),
    ...fromReading('muster_gpu_memory_used_bytes', gpu.memory.usedBytes, ids),
    ...THROTTLE_REASONS.flatMap((reason) => [
      ...fromReading('muster_gpu_throttle_seconds_total', gpu.throttle[reason].seconds.total, { ...ids, reason }),
      ...fromReading('muster_gpu_throttle_active', gpu.throttle[reason].active, { ...ids, reason }),
    ]),
    ...ECC_LOCATIONS.flatMap(({ field, severity, location }) =>
      fromReading('muster_gpu_ecc_errors_total', ecc.volatile[field].total, { ...ids, severity, location }),
    ),
    ...fromReading('muster_gpu_remapped_rows', rows.correctable, { ...ids, cause: 'correctable' }),
    ...fromReading('muster_gpu_remapped_rows', rows.uncorrectable, { ...ids, cause: 'uncorrectable' }),
    ...fromReading('muster_gpu_row_remap_pending', rows.pending, ids),
    ...fromReading('muster_gpu_row_remap_failed', rows.failed, ids),
    ...(gpu.recoveryAction.ok
      ? [sample('muster_gpu_recovery_action', recoveryActionOf(gpu.recoveryAction.value), ids)]
      : []),
    ...fromReading('muster_gpu_pcie_link_generation', pcie.generation, ids),
    ...fromReading('muster_gpu_pcie_link_width', pcie.width, ids),
    ...fromReading('muster_gpu_pcie_replays_total', pcie.replays.total, ids),
  ];
};

/** What `nvidia-smi -q -x` says of each GPU. */
export const gpuSamples = (snapshot: Snapshot): readonly Sample[] => {
  const { gpus } = snapshot.facts;
  return (gpus?.ok ? gpus.value : []).flatMap((gpu) => [...infoOf(gpu), ...fabricOf(gpu), ...readingsOf(gpu)]);
};
