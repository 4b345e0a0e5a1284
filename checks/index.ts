import type { AnyCheck } from '../src/api.ts';
import driverDrift from './firmware/driver-drift.ts';
import driverMismatch from './firmware/driver-mismatch.ts';
import nicFirmwareDrift from './firmware/nic-firmware-drift.ts';
import vbiosDrift from './firmware/vbios-drift.ts';
import driverUnresponsive from './gpu/driver-unresponsive.ts';
import eccErrors from './gpu/ecc-errors.ts';
import fabricUnhealthy from './gpu/fabric-unhealthy.ts';
import inforomCorruption from './gpu/inforom-corruption.ts';
import leftoverProcesses from './gpu/leftover-processes.ts';
import lostGpus from './gpu/lost-gpus.ts';
import missingGpus from './gpu/missing-gpus.ts';
import nvlinkDown from './gpu/nvlink-down.ts';
import nvlinkErrors from './gpu/nvlink-errors.ts';
import pcieDegraded from './gpu/pcie-degraded.ts';
import pcieReplays from './gpu/pcie-replays.ts';
import persistenceModeOff from './gpu/persistence-mode-off.ts';
import recoveryActionPending from './gpu/recovery-action-pending.ts';
import rowRemaps from './gpu/row-remaps.ts';
import sxidErrors from './gpu/sxid-errors.ts';
import xidErrors from './gpu/xid-errors.ts';
import agentDegraded from './host/agent-degraded.ts';
import refusedPlugins from './host/refused-plugins.ts';
import unknownMachine from './host/unknown-machine.ts';
import linkDown from './network/link-down.ts';
import linkErrors from './network/link-errors.ts';
import linkFlaps from './network/link-flaps.ts';
import linkRate from './network/link-rate.ts';
import missingNics from './network/missing-nics.ts';
import railMisalignment from './network/rail-misalignment.ts';
import atRisk from './straggler/at-risk.ts';
import laggingGpu from './straggler/lagging-gpu.ts';
import repeatOffender from './straggler/repeat-offender.ts';
import hotGpus from './thermal/hot-gpus.ts';
import hotMemory from './thermal/hot-memory.ts';
import powerBrake from './thermal/power-brake.ts';
import powerCapLowered from './thermal/power-cap-lowered.ts';
import thermalThrottle from './thermal/thermal-throttle.ts';

/** The checks that ship, in report order: first whether the driver answers, then what is missing, then what is wrong. */
export const checks: readonly AnyCheck[] = [
  driverUnresponsive,
  missingGpus,
  lostGpus,
  xidErrors,
  sxidErrors,
  eccErrors,
  rowRemaps,
  inforomCorruption,
  recoveryActionPending,
  nvlinkDown,
  nvlinkErrors,
  fabricUnhealthy,
  pcieDegraded,
  pcieReplays,
  leftoverProcesses,
  persistenceModeOff,
  driverMismatch,
  driverDrift,
  vbiosDrift,
  nicFirmwareDrift,
  missingNics,
  linkDown,
  linkRate,
  linkFlaps,
  linkErrors,
  railMisalignment,
  hotGpus,
  hotMemory,
  thermalThrottle,
  powerBrake,
  powerCapLowered,
  unknownMachine,
  agentDegraded,
  refusedPlugins,
  atRisk,
  laggingGpu,
  repeatOffender,
];
