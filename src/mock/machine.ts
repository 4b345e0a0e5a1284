import * as v from 'valibot';

const text = v.string();
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.gtValue(0));
const optional = <S extends v.GenericSchema>(schema: S) => v.exactOptional(schema);

/** `0008:01:00.0`, as the kernel spells it. */
const pciAddress = v.pipe(
  text,
  v.regex(/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, 'must look like 0000:1b:00.0 (lower case)'),
);

const AbsoluteLimits = v.strictObject({
  style: v.literal('absolute'),
  shutdownCelsius: positive,
  slowdownCelsius: positive,
  maxOperatingCelsius: positive,
  memoryMaxCelsius: positive,
});
const MarginLimits = v.strictObject({
  style: v.literal('margin'),
  /** Core temperature plus T.Limit margin is the same on every capture of one product; this is that sum. */
  maxOperatingCelsius: positive,
  /** HBM has one; the GDDR memory of PCIe cards prints N/A. */
  memorySensor: optional(v.boolean()),
  shutdownMarginCelsius: v.number(),
  slowdownMarginCelsius: v.number(),
});

const Fabric = v.strictObject({
  state: text,
  status: text,
  cliqueId: text,
  clusterUuid: text,
  summary: text,
  bandwidth: text,
  routeRecoveryInProgress: text,
  routeUnhealthy: text,
  accessTimeoutRecovery: text,
  incorrectConfiguration: text,
});

/** What all GPUs of the machine have in common. */
const GpuModel = v.strictObject({
  product: text,
  architecture: text,
  /** Device id without the vendor: `2330`. */
  deviceId: text,
  /** Subsystem and vendor as nvidia-smi prints it: `16C110DE`. */
  subsystemId: text,
  vbios: text,
  boardPartNumber: text,
  gpuPartNumber: text,
  inforom: v.strictObject({ image: text, oem: text, ecc: text }),
  addressingMode: text,
  c2cMode: text,
  virtualization: text,
  /** Cards that cannot be split print N/A. */
  migCapable: optional(v.boolean()),
  sparseOperationMode: text,
  powerSmoothing: text,
  atomicCapsInbound: text,
  memory: v.strictObject({ totalMiB: positive, reservedMiB: count, bar1MiB: positive, bar1UsedMiB: count }),
  pcie: v.strictObject({ generation: positive, deviceGeneration: positive, width: positive }),
  temperature: v.variant('style', [AbsoluteLimits, MarginLimits]),
  power: v.strictObject({
    defaultWatts: positive,
    minWatts: positive,
    /** Ampere prints only the instantaneous draw. */
    averageReported: v.boolean(),
  }),
  /** Grace superchips report the power of CPU and GPUs together. */
  modulePower: optional(v.strictObject({ idleWatts: positive, limitWatts: positive, minWatts: positive })),
  clocksMHz: v.strictObject({
    idleSm: positive,
    maxSm: positive,
    memory: positive,
    idleVideo: positive,
    maxVideo: positive,
    application: positive,
  }),
  remapBanks: positive,
  nvlink: v.strictObject({ links: count, rateGBps: positive }),
  fabric: Fabric,
});

const GpuSlot = v.strictObject({
  pci: pciAddress,
  moduleId: count,
  serial: text,
  numaNode: count,
  /** GPUs and NICs of one PCIe switch belong to one rail. */
  pcieSwitch: optional(text),
  /** Slots differ on healthy machines: the front row of a chassis breathes colder air. */
  idleCelsius: positive,
  loadCelsius: positive,
  idleMemoryCelsius: positive,
  idleWatts: positive,
  /** Lifetime totals that a healthy GPU of some age shows. */
  swPowerCapSeconds: v.pipe(v.number(), v.minValue(0)),
  replays: count,
  fabricGuid: optional(text),
});

const NicSpec = v.strictObject({
  device: v.pipe(text, v.regex(/^[A-Za-z0-9_-]+$/, 'must be a device name such as mlx5_0')),
  role: v.picklist(['compute', 'storage', 'unused']),
  hca: text,
  boardId: text,
  firmware: text,
  pci: pciAddress,
  numaNode: count,
  pcieSwitch: optional(text),
  linkLayer: v.picklist(['InfiniBand', 'Ethernet']),
  rateGbps: positive,
  /** Width and speed as sysfs words them: `4X NDR`. */
  lanes: text,
  netdev: text,
  guid: v.pipe(text, v.regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits')),
  lid: count,
  pcieGeneration: positive,
  pcieWidth: positive,
  celsius: positive,
});

const path = v.picklist(['PIX', 'PXB', 'PHB', 'NODE', 'SYS']);

/** A kind of machine with everything that the rendered text needs. */
export const MachineSchema = v.strictObject({
  name: text,
  title: text,
  /** Where the numbers come from. */
  source: text,
  /** What is made up, in words: identities differ on every machine. */
  invented: text,
  driver: v.pipe(text, v.regex(/^\d+\.\d+(\.\d+)?$/, 'must be a driver version such as 580.105.08')),
  cuda: text,
  host: v.strictObject({
    kernel: text,
    /** By NUMA node, as `nvidia-smi topo -m` prints it. */
    cpuAffinity: v.pipe(v.array(text), v.minLength(1)),
    /** hwmon chip of the CPU packages; Grace shows none under that name. */
    cpuSensor: optional(text),
    /** What the firmware calls the machine (SMBIOS). */
    system: optional(v.strictObject({ vendor: text, product: text })),
  }),
  platform: optional(v.strictObject({ chassisSerial: text, slot: text, tray: text, hostId: text, peerType: text })),
  gpu: GpuModel,
  gpus: v.pipe(v.array(GpuSlot), v.minLength(1)),
  topology: v.strictObject({ sameSwitch: path, sameNuma: path, otherwise: path }),
  nics: v.array(NicSpec),
  nvswitches: v.array(v.strictObject({ pci: pciAddress, deviceId: text })),
});

export type MachineSpec = v.InferOutput<typeof MachineSchema>;
export type GpuModel = MachineSpec['gpu'];
export type GpuSlot = MachineSpec['gpus'][number];
export type NicSpec = MachineSpec['nics'][number];
