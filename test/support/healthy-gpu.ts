import {
  absent,
  type Component,
  type Gpu,
  known,
  type PcieLink,
  type PciGpu,
  type ThrottleReason,
} from '../../src/api.ts';
import { absentCounter, signalOf, steady } from './series.ts';

export { BOOTED_AT, factOf, judgeWith, NOW } from './judge.ts';
export { assumed, genericProfile, profileOf, specified, unsaid } from './profile.ts';
export { absentCounter, counterOf, signalOf, steady } from './series.ts';

/** What may replace a part of a builder's result: any depth; a reading, a counter or a signal is replaced whole. */
export type Overrides<T> = T extends { readonly ok: boolean } | readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Overrides<T[K]> }
    : T;

const isWhole = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  Array.isArray(value) ||
  'ok' in value ||
  'increase' in value ||
  'latest' in value;

/** `base` with `over` laid upon it. */
export const merged = <T>(base: T, over: Overrides<NoInfer<T>> | undefined): T => {
  if (over === undefined) return base;
  if (isWhole(over)) return over as T;
  const result: Record<string, unknown> = { ...(base as Record<string, unknown>) };
  for (const [key, value] of Object.entries(over as Record<string, unknown>)) {
    result[key] = merged(result[key], value as never);
  }
  return result as T;
};

export const nodeRef: Component = { kind: 'node', key: 'node' };

const notPrinted = absent('unsupported', 'N/A');

const hex = (n: number): string => n.toString(16).toUpperCase().padStart(2, '0');
/** The PCI address that `healthyGpu(index)` has. */
export const busIdOf = (index: number): string => `00000000:${hex(0x1b + 0x10 * index)}:00.0`;

const product = 'NVIDIA H100 80GB HBM3';

/** The component of GPU `index` of a healthy HGX H100 node. */
export const gpuRef = (index: number): Component => ({
  kind: 'gpu',
  key: `gpu:GPU-${String(index).repeat(8)}-0000-4000-8000-000000000000`,
  model: product,
  index,
  uuid: `GPU-${String(index).repeat(8)}-0000-4000-8000-000000000000`,
  pciBusId: busIdOf(index),
  serial: `16510230000${index}`,
});

/** A Gen5 x16 link at full speed. */
export const fullPcie = (): PcieLink => ({
  generation: known(5),
  maxGeneration: known(5),
  width: known(16),
  maxWidth: known(16),
  replays: steady(0),
  aer: { correctable: steady(0), nonfatal: steady(0), fatal: steady(0) },
});

const throttle = (reasons: readonly ThrottleReason[]): Gpu['throttle'] =>
  Object.fromEntries(
    reasons.map((reason) => [reason, { active: known(reason === 'idle'), seconds: steady(0) }]),
  ) as unknown as Gpu['throttle'];

/** One GPU of an idle, healthy HGX H100 node with a day of history, in the shape that driver 580 prints. */
export const healthyGpu = (index: number, overrides?: Overrides<Gpu>): Gpu =>
  merged<Gpu>(
    {
      ref: gpuRef(index),
      product: known(product),
      architecture: known('Hopper'),
      pciDeviceId: known('233010DE'),
      pciSubsystemId: known('16C110DE'),
      vbiosVersion: known('96.00.89.00.01'),
      gspFirmwareVersion: known('580.105.08'),
      health: known('answering'),
      recoveryAction: known('None'),
      resetRequired: absent('unsupported', 'element not printed'),
      persistenceMode: known(true),
      migEnabled: known(false),
      migPending: known(false),
      virtualization: known('None'),
      performanceState: known('P0'),
      busy: known(false),
      pcie: fullPcie(),
      utilizationRatio: signalOf(0),
      memory: { totalBytes: known(85_520_809_984), usedBytes: known(4_194_304) },
      temperature: {
        coreCelsius: signalOf(31),
        memoryCelsius: signalOf(44),
        marginCelsius: signalOf(56),
        slowdownMarginCelsius: known(-2),
        shutdownMarginCelsius: known(-8),
        slowdownCelsius: notPrinted,
        shutdownCelsius: notPrinted,
        maxOperatingCelsius: notPrinted,
        memoryMaxCelsius: notPrinted,
      },
      power: {
        drawWatts: signalOf(70),
        limitWatts: known(700),
        defaultLimitWatts: known(700),
        minLimitWatts: known(200),
        maxLimitWatts: known(700),
      },
      clock: {
        smHertz: signalOf(345e6),
        memoryHertz: signalOf(2619e6),
        maxSmHertz: known(1980e6),
        maxMemoryHertz: known(2619e6),
        applicationSmHertz: known(1980e6),
        defaultApplicationSmHertz: known(1980e6),
      },
      throttle: throttle([
        'sw_power_cap',
        'sw_thermal',
        'hw_slowdown',
        'hw_thermal',
        'hw_power_brake',
        'sync_boost',
        'application_clocks',
        'idle',
        'display',
      ]),
      ecc: {
        enabled: known(true),
        volatile: {
          sram_correctable: steady(0),
          sram_uncorrectable: steady(0),
          dram_correctable: steady(0),
          dram_uncorrectable: steady(0),
        },
        aggregate: {
          sram_correctable: steady(0),
          sram_uncorrectable: steady(0),
          dram_correctable: steady(0),
          dram_uncorrectable: steady(0),
        },
        sramThresholdExceeded: known(false),
        channelRepairPending: known(false),
        tpcRepairPending: known(false),
        unrepairableMemory: known(false),
      },
      rows: {
        correctable: known(0),
        uncorrectable: known(0),
        pending: known(false),
        failed: known(false),
        histogram: known({ max: 2560, high: 0, partial: 0, low: 0, none: 0 }),
      },
      retiredPages: { count: notPrinted, pending: notPrinted },
      inforomCorrupted: known(false),
      inforomVersion: known('G520.0200.00.05'),
      fabric: {
        state: known('Completed'),
        status: known('Success'),
        cliqueId: known('0'),
        clusterUuid: known('00000000-0000-0000-0000-000000000000'),
        health: {
          summary: notPrinted,
          bandwidth: notPrinted,
          routeRecoveryInProgress: notPrinted,
          routeUnhealthy: notPrinted,
          accessTimeoutRecovery: notPrinted,
          incorrectConfiguration: notPrinted,
        },
      },
      platform: {
        chassisSerial: notPrinted,
        slot: notPrinted,
        tray: notPrinted,
        hostId: notPrinted,
        moduleId: known(String(index + 1)),
      },
      processes: known([]),
    },
    overrides,
  );

/** The first `n` GPUs of a healthy HGX H100 node. */
export const healthyGpus = (n: number): readonly Gpu[] => Array.from({ length: n }, (_, index) => healthyGpu(index));

/** The same GPU as the PCI bus lists it: sysfs knows no replay counter. */
export const healthyPciGpu = (index: number, overrides?: Overrides<PciGpu>): PciGpu =>
  merged<PciGpu>(
    {
      ref: gpuRef(index),
      pciDeviceId: known('0x2330'),
      boundDriver: known('nvidia'),
      upstreamPort: known('0000:00:01.0'),
      pcie: { ...fullPcie(), replays: absentCounter(absent('unsupported', 'sysfs has no replay counter')) },
    },
    overrides,
  );
export const healthyPciGpus = (n: number): readonly PciGpu[] =>
  Array.from({ length: n }, (_, index) => healthyPciGpu(index));
