import type { AnyCheck } from '../src/api.ts';
import driverDrift from './firmware/driver-drift.ts';
import driverMismatch from './firmware/driver-mismatch.ts';
import inforomDrift from './firmware/inforom-drift.ts';
import kernelDrift from './firmware/kernel-drift.ts';
import nicFirmwareDrift from './firmware/nic-firmware-drift.ts';
import vbiosDrift from './firmware/vbios-drift.ts';
import driverUnresponsive from './gpu/driver-unresponsive.ts';
import eccErrors from './gpu/ecc-errors.ts';
import fabricUnhealthy from './gpu/fabric-unhealthy.ts';
import inforomCorruption from './gpu/inforom-corruption.ts';
import leftoverProcesses from './gpu/leftover-processes.ts';
import lostGpus from './gpu/lost-gpus.ts';
import migMismatch from './gpu/mig-mismatch.ts';
import missingGpus from './gpu/missing-gpus.ts';
import nvlinkDown from './gpu/nvlink-down.ts';
import nvlinkErrors from './gpu/nvlink-errors.ts';
import pcieDegraded from './gpu/pcie-degraded.ts';
import pcieErrors from './gpu/pcie-errors.ts';
import pcieReplays from './gpu/pcie-replays.ts';
import persistenceModeOff from './gpu/persistence-mode-off.ts';
import recoveryActionPending from './gpu/recovery-action-pending.ts';
import rowRemaps from './gpu/row-remaps.ts';
import sxidErrors from './gpu/sxid-errors.ts';
import xidErrors from './gpu/xid-errors.ts';
import acsEnabled from './host/acs-enabled.ts';
import agentDegraded from './host/agent-degraded.ts';
import clockUnsynchronised from './host/clock-unsynchronised.ts';
import cpuGovernor from './host/cpu-governor.ts';
import diskFull from './host/disk-full.ts';
import kernelFaults from './host/kernel-faults.ts';
import kernelModulesMissing from './host/kernel-modules-missing.ts';
import libraryCrashes from './host/library-crashes.ts';
import lowMemory from './host/low-memory.ts';
import memoryErrors from './host/memory-errors.ts';
import missingCpus from './host/missing-cpus.ts';
import missingMounts from './host/missing-mounts.ts';
import nvmeErrors from './host/nvme-errors.ts';
import oomKills from './host/oom-kills.ts';
import raidDegraded from './host/raid-degraded.ts';
import readOnlyFilesystems from './host/read-only-filesystems.ts';
import refusedPlugins from './host/refused-plugins.ts';
import servicesDown from './host/services-down.ts';
import stuckTasks from './host/stuck-tasks.ts';
import tableExhaustion from './host/table-exhaustion.ts';
import unknownMachine from './host/unknown-machine.ts';
import congestion from './network/congestion.ts';
import hotOptics from './network/hot-optics.ts';
import linkDown from './network/link-down.ts';
import linkErrors from './network/link-errors.ts';
import linkFlaps from './network/link-flaps.ts';
import linkRate from './network/link-rate.ts';
import missingNics from './network/missing-nics.ts';
import nicDriverErrors from './network/nic-driver-errors.ts';
import nicPcieDegraded from './network/nic-pcie-degraded.ts';
import pkeyMismatch from './network/pkey-mismatch.ts';
import railMisalignment from './network/rail-misalignment.ts';
import roceMisconfigured from './network/roce-misconfigured.ts';
import atRisk from './straggler/at-risk.ts';
import laggingGpu from './straggler/lagging-gpu.ts';
import repeatOffender from './straggler/repeat-offender.ts';
import hotGpus from './thermal/hot-gpus.ts';
import hotMemory from './thermal/hot-memory.ts';
import hotNics from './thermal/hot-nics.ts';
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
  pcieErrors,
  leftoverProcesses,
  persistenceModeOff,
  migMismatch,
  driverMismatch,
  driverDrift,
  vbiosDrift,
  inforomDrift,
  nicFirmwareDrift,
  kernelDrift,
  missingNics,
  linkDown,
  linkRate,
  linkFlaps,
  linkErrors,
  congestion,
  nicPcieDegraded,
  nicDriverErrors,
  pkeyMismatch,
  roceMisconfigured,
  hotOptics,
  railMisalignment,
  hotGpus,
  hotMemory,
  hotNics,
  thermalThrottle,
  powerBrake,
  powerCapLowered,
  stuckTasks,
  kernelFaults,
  oomKills,
  libraryCrashes,
  lowMemory,
  missingCpus,
  tableExhaustion,
  cpuGovernor,
  clockUnsynchronised,
  diskFull,
  readOnlyFilesystems,
  missingMounts,
  nvmeErrors,
  raidDegraded,
  memoryErrors,
  servicesDown,
  kernelModulesMissing,
  acsEnabled,
  unknownMachine,
  agentDegraded,
  refusedPlugins,
  atRisk,
  laggingGpu,
  repeatOffender,
];
