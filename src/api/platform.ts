import type { Component } from './component.ts';
import type { B, N, Reading, S } from './reading.ts';
import type { Counter } from './series.ts';

/** Who built the machine and what it calls it, as its firmware says (SMBIOS, `/sys/class/dmi/id`); a guest sees its hypervisor. */
export interface SystemIdentity {
  readonly ref: Component;
  readonly vendor: S;
  readonly product: S;
}

/** A unit that systemd has loaded, in its words. */
export interface Service {
  readonly ref: Component;
  /** `nvidia-fabricmanager.service`. */
  readonly unit: string;
  /** `loaded`, `not-found`, `masked`. */
  readonly loadState: string;
  /** `active`, `inactive`, `failed`, `activating`. */
  readonly activeState: string;
  readonly subState: string;
  readonly unitFileState: S;
  readonly restarts: Counter;
}

/** `/proc/modules`. */
export interface KernelModules {
  readonly ref: Component;
  readonly loaded: Reading<readonly string[]>;
}

/** A memory controller that the kernel's EDAC drivers watch (`/sys/devices/system/edac/mc`). */
export interface MemoryController {
  readonly ref: Component;
  readonly name: string;
  readonly correctable: Counter;
  readonly uncorrectable: Counter;
}

/** PCIe Access Control Services of a bridge, from `lspci -vvv`. */
export interface PciAcs {
  readonly ref: Component;
  readonly address: string;
  /** One of the redirecting controls is on: peer-to-peer traffic goes up to the root complex and back. */
  readonly redirects: B;
  readonly controls: S;
  readonly count?: N;
}
