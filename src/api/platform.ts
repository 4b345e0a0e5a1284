import type { Component } from './component.ts';
import type { B, Reading, S } from './reading.ts';
import type { Counter } from './series.ts';

/** Who built the machine and what it calls it, as its firmware says (SMBIOS, `/sys/class/dmi/id`); a guest sees its hypervisor. */
export interface SystemIdentity {
  readonly ref: Component;
  readonly vendor: S;
  readonly product: S;
}

/** A unit of systemd, in its words. */
export interface Service {
  /** `loaded`, `not-found`, `masked`, `error`, `bad-setting`. */
  readonly loadState: string;
  /** `active`, `inactive`, `failed`, `activating`, `deactivating`, `reloading`. */
  readonly activeState: string;
  /** `running`, `exited`, `dead`, `auto-restart`, … */
  readonly subState: string;
  /** `enabled`, `disabled`, `masked`, `static`, … */
  readonly unitFileState: S;
  /** How the last run ended: `success`, `exit-code`, `signal`, `start-limit-hit`, … */
  readonly result: S;
  readonly restarts: Counter;
}

/** The services that systemd has loaded, and those that Muster asks for by name. */
export interface Services {
  readonly ref: Component;
  /** By the unit's name and by each of its aliases: `nvidia-fabricmanager.service`. */
  readonly units: Readonly<Record<string, Service>>;
}

/** What the kernel has of its modules: `/proc/modules`, and `/sys/module` for what is built in. */
export interface KernelModules {
  readonly ref: Component;
  /** Names with underscores, as the kernel keeps them: `nvidia_peermem`. */
  readonly loaded: Reading<readonly string[]>;
  /** Names below `/sys/module`, loaded or built in (a module that has neither parameters nor a version is not there). */
  readonly present: Reading<readonly string[]>;
}

/** A memory controller that the kernel's EDAC drivers watch (`/sys/devices/system/edac/mc`). */
export interface MemoryController {
  readonly correctable: Counter;
  readonly uncorrectable: Counter;
}

export interface MemoryControllers {
  readonly ref: Component;
  /** By the kernel's name: `mc0`. */
  readonly controllers: Readonly<Record<string, MemoryController>>;
}

/** A PCIe bridge, as `lspci -vv` describes it: a port of a switch, or of the root complex. */
export interface PciBridge {
  /** As nvidia-smi prints addresses: `00000000:17:00.0`. */
  readonly address: string;
  /** `Root Port`, `Upstream Port`, `Downstream Port`, …; what stands behind `Express`. */
  readonly portType: S;
  /** The addresses of all that hangs below it, however deep. */
  readonly below: readonly string[];
  /** ACS P2P Request Redirect or Completion Redirect is on: what comes from below goes up to the root complex. */
  readonly redirects: B;
  /** `SrcValid+ TransBlk- ReqRedir+ …`, as printed. */
  readonly controls: S;
}

/** PCIe Access Control Services of a machine without a hypervisor. */
export interface PciAcs {
  readonly ref: Component;
  readonly bridges: readonly PciBridge[];
}

/** Versions of what is below the driver, as the kernel tells them. */
export interface HostVersions {
  readonly ref: Component;
  /** The kernel that runs: `/proc/sys/kernel/osrelease`. */
  readonly kernel: S;
  /** `/sys/class/dmi/id/bios_version`. */
  readonly bios: S;
}
