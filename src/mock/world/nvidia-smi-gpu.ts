import type { DriverShape } from './driver-shape.ts';
import { memoryElements } from './nvidia-smi-memory.ts';
import { performanceElements } from './nvidia-smi-performance.ts';
import { powerElements } from './nvidia-smi-power.ts';
import { asNvidiaSmi, pciParts } from './pci-address.ts';
import type { GpuState, World } from './state.ts';
import type { Element } from './xml.ts';

export const DEPRECATED = 'Requested functionality has been deprecated';
export const NA = 'N/A';

const pad = (n: number): string => `${n}`.padStart(2, '0');
/** `2026/08/20 14:59:03.740` */
const flushTime = (ms: number): string => {
  const d = new Date(ms);
  const day = `${d.getUTCFullYear()}/${pad(d.getUTCMonth() + 1)}/${pad(d.getUTCDate())}`;
  return `${day} ${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}.740`;
};

const identity = (world: World, gpu: GpuState, shape: DriverShape): Element[] => {
  const { model, slot } = gpu;
  const platform = world.machine.platform;
  const migMode = (enabled: boolean): string => (model.migCapable === false ? NA : enabled ? 'Enabled' : 'Disabled');
  const hex = (n: number): string => `0x${n.toString(16)}`;
  return [
    ['product_name', model.product],
    ['product_brand', 'NVIDIA'],
    ['product_architecture', model.architecture],
    ['display_mode', shape.r580 ? DEPRECATED : 'Enabled'],
    ...(shape.r580 ? ([['display_attached', 'Yes']] satisfies Element[]) : []),
    ['display_active', 'Disabled'],
    ['persistence_mode', 'Enabled'],
    ['addressing_mode', model.addressingMode],
    [
      'mig_mode',
      [
        ['current_mig', migMode(gpu.migEnabled)],
        ['pending_mig', migMode(gpu.migPending)],
      ],
    ],
    ['mig_devices', { block: 'None' }],
    ['accounting_mode', 'Disabled'],
    ['accounting_mode_buffer_size', 4000],
    [
      'driver_model',
      [
        ['current_dm', NA],
        ['pending_dm', NA],
      ],
    ],
    ['serial', slot.serial],
    ['uuid', gpu.uuid],
    ...(shape.r580 ? ([['pdi', `0x${gpu.uuid.replaceAll('-', '').slice(3, 19)}`]] satisfies Element[]) : []),
    ['minor_number', gpu.position],
    ['vbios_version', gpu.vbios],
    ['multigpu_board', 'No'],
    ['board_id', hex(Number.parseInt(pciParts(slot.pci).bus, 16) * 0x100)],
    ['board_part_number', model.boardPartNumber],
    ['gpu_part_number', model.gpuPartNumber],
    ['gpu_fru_part_number', NA],
    [
      'platformInfo',
      [
        ['chassis_serial_number', platform?.chassisSerial ?? NA],
        ['slot_number', platform?.slot ?? NA],
        ['tray_index', platform?.tray ?? NA],
        ['host_id', platform?.hostId ?? NA],
        ['peer_type', platform?.peerType ?? NA],
        ['module_id', slot.moduleId],
        ['gpu_fabric_guid', slot.fabricGuid ?? NA],
      ],
    ],
    [
      'inforom_version',
      [
        ['img_version', model.inforom.image],
        ['oem_object', model.inforom.oem],
        ['ecc_object', model.inforom.ecc],
        ['pwr_object', NA],
      ],
    ],
    [
      'inforom_bbx_flush',
      [
        // Ampere prints N/A here (capture, 570.148.08).
        ['latest_timestamp', model.architecture === 'Ampere' ? NA : flushTime(world.bootMs)],
        ['latest_duration', model.architecture === 'Ampere' ? NA : `${93088 + gpu.position * 1371} us`],
      ],
    ],
    [
      'gpu_operation_mode',
      [
        ['current_gom', NA],
        ['pending_gom', NA],
      ],
    ],
    ['c2c_mode', model.c2cMode],
    [
      'gpu_virtualization_mode',
      [
        ['virtualization_mode', model.virtualization],
        ['host_vgpu_mode', NA],
        ['vgpu_heterogeneous_mode', NA],
      ],
    ],
    ...(shape.r580
      ? []
      : ([
          [
            'gpu_reset_status',
            [
              ['reset_required', DEPRECATED],
              ['drain_and_reset_recommended', DEPRECATED],
            ],
          ],
        ] satisfies Element[])),
    ['gpu_recovery_action', gpu.recoveryAction],
    ['gsp_firmware_version', world.machine.driver],
    ['ibmnpu', [['relaxed_ordering_mode', NA]]],
  ];
};

const pci = (gpu: GpuState): Element => {
  const { model, slot } = gpu;
  const { domain, bus, device } = pciParts(slot.pci);
  const busy = gpu.utilizationPercent > 0;
  return [
    'pci',
    [
      ['pci_bus', bus],
      ['pci_device', device],
      ['pci_domain', domain],
      ['pci_base_class', 3],
      ['pci_sub_class', 2],
      ['pci_device_id', `${model.deviceId}10DE`],
      ['pci_bus_id', asNvidiaSmi(slot.pci)],
      ['pci_sub_system_id', model.subsystemId],
      [
        'pci_gpu_link_info',
        [
          [
            'pcie_gen',
            [
              ['max_link_gen', model.pcie.generation],
              ['current_link_gen', model.pcie.generation],
              ['device_current_link_gen', model.pcie.generation],
              ['max_device_link_gen', model.pcie.deviceGeneration],
              ['max_host_link_gen', NA],
            ],
          ],
          [
            'link_widths',
            [
              ['max_link_width', `${model.pcie.width}x`],
              ['current_link_width', `${gpu.pcieWidth}x`],
            ],
          ],
        ],
      ],
      [
        'pci_bridge_chip',
        [
          ['bridge_chip_type', NA],
          ['bridge_chip_fw', NA],
        ],
      ],
      ['replay_counter', gpu.replays],
      ['replay_rollover_counter', 0],
      ['tx_util', `${busy ? 1_204_500 : 502} KB/s`],
      ['rx_util', `${busy ? 1_187_250 : 578} KB/s`],
      ['atomic_caps_outbound', NA],
      ['atomic_caps_inbound', model.atomicCapsInbound],
    ],
  ];
};

const fabric = (gpu: GpuState, shape: DriverShape): Element => {
  const f = gpu.fabric;
  return [
    'fabric',
    [
      ['state', f.state],
      ['status', f.status],
      ['cliqueId', f.cliqueId],
      ['clusterUuid', f.clusterUuid],
      [
        'health',
        [
          ...(shape.r580 ? ([['summary', f.summary]] satisfies Element[]) : []),
          ['bandwidth', f.bandwidth],
          ['route_recovery_in_progress', f.routeRecoveryInProgress],
          ['route_unhealthy', f.routeUnhealthy],
          ['access_timeout_recovery', f.accessTimeoutRecovery],
          ...(shape.r580 ? ([['incorrect_configuration', f.incorrectConfiguration]] satisfies Element[]) : []),
          ...(shape.r580Update ? ([['partition_assigned', NA]] satisfies Element[]) : []),
        ],
      ],
    ],
  ];
};

const processes = (gpu: GpuState): Element => [
  'processes',
  gpu.processes.map((process) => [
    'process_info',
    [
      ['gpu_instance_id', NA],
      ['compute_instance_id', NA],
      ['pid', process.pid],
      ['type', 'C'],
      ['process_name', process.name],
      ['used_memory', `${process.usedMiB} MiB`],
    ],
  ]),
];

/** Everything that `nvidia-smi -q -x` says of one GPU, in its order. */
export const gpuElements = (world: World, gpu: GpuState, shape: DriverShape): readonly Element[] => {
  const { maxSm, memory } = gpu.model.clocksMHz;
  return [
    ...identity(world, gpu, shape),
    pci(gpu),
    ['fan_speed', NA],
    ...performanceElements(gpu, shape),
    ...memoryElements(gpu, shape),
    ...powerElements(gpu, shape),
    fabric(gpu, shape),
    [
      'supported_clocks',
      [
        [
          'supported_mem_clock',
          [
            ['value', `${memory} MHz`],
            ['supported_graphics_clock', `${maxSm} MHz`],
            ['supported_graphics_clock', `${maxSm - 15} MHz`],
          ],
        ],
      ],
    ],
    processes(gpu),
    ['accounted_processes', []],
    ['capabilities', [['egm', 'disabled']]],
  ];
};
