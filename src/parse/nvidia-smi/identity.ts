import { absent, type Component, type Gpu, type Raw, type S } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { normalizePciBusId } from '../pci-address.ts';
import { flag, words } from '../quantity.ts';
import type { Leaves } from './leaves.ts';

const value = (reading: S): string | undefined => (reading.ok ? reading.value : undefined);

/** Who the GPU says it is. The key is the PCI address; the inventory makes it the UUID. */
export const gpuComponent = (leaves: Leaves, position: number, index: number | undefined): Component => {
  const { element, text } = leaves;
  const printedId = element.id.trim();
  const pciBusId = normalizePciBusId(printedId) ?? normalizePciBusId(value(text('pci/pci_bus_id')) ?? '');
  const uuid = value(text('uuid'));
  const serial = value(text('serial'));
  const model = value(text('product_name'));
  const slot = value(text('platformInfo/module_id'));
  const fallback = printedId === '' || absenceOf(printedId) ? `#${position}` : printedId;
  return {
    kind: 'gpu',
    key: `gpu:${pciBusId ?? fallback}`,
    ...(index === undefined ? {} : { index }),
    ...(pciBusId === undefined ? {} : { pciBusId }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(model === undefined ? {} : { model }),
    ...(slot === undefined ? {} : { slot }),
  };
};

const upperCase = (reading: S): S => (reading.ok ? { ok: true, value: reading.value.toUpperCase() } : reading);

/** The chassis serial number is an empty string on HGX B200, which has no chassis of that kind (real capture, 580.105). */
const filled = (text: string): S => (text === '' ? absent('unsupported', 'empty') : words(text));

export const identity = ({
  text,
  read,
}: Leaves): Pick<
  Raw<Gpu>,
  | 'product'
  | 'architecture'
  | 'pciDeviceId'
  | 'pciSubsystemId'
  | 'vbiosVersion'
  | 'gspFirmwareVersion'
  | 'inforomVersion'
  | 'platform'
> => ({
  product: text('product_name'),
  architecture: text('product_architecture'),
  pciDeviceId: upperCase(text('pci/pci_device_id')),
  pciSubsystemId: upperCase(text('pci/pci_sub_system_id')),
  vbiosVersion: text('vbios_version'),
  gspFirmwareVersion: text('gsp_firmware_version'),
  inforomVersion: text('inforom_version/img_version'),
  platform: {
    chassisSerial: read('platformInfo/chassis_serial_number', filled),
    slot: read('platformInfo/slot_number', filled),
    tray: read('platformInfo/tray_index', filled),
    hostId: read('platformInfo/host_id', filled),
    moduleId: read('platformInfo/module_id', filled),
  },
});

export const modes = ({
  text,
  read,
}: Leaves): Pick<
  Raw<Gpu>,
  | 'persistenceMode'
  | 'migEnabled'
  | 'migPending'
  | 'virtualization'
  | 'performanceState'
  | 'recoveryAction'
  | 'resetRequired'
> => ({
  persistenceMode: read('persistence_mode', (mode) => flag(mode, 'Enabled', 'Disabled')),
  migEnabled: read('mig_mode/current_mig', (mode) => flag(mode, 'Enabled', 'Disabled')),
  migPending: read('mig_mode/pending_mig', (mode) => flag(mode, 'Enabled', 'Disabled')),
  virtualization: text('gpu_virtualization_mode/virtualization_mode'),
  performanceState: text('performance_state'),
  recoveryAction: text('gpu_recovery_action'),
  resetRequired: read('gpu_reset_status/reset_required', (answer) => flag(answer, 'Yes', 'No')),
});
