import * as v from 'valibot';
import type { Confidence, PinName } from '../../api.ts';
import { PIN_NAMES } from './pins.ts';

/** A value with its provenance, as the files of this folder write it. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: string;
  readonly confidence: Confidence;
}

const confidence = v.picklist(['specified', 'measured', 'assumed']);

const isSourced = <T>(given: T | Sourced<T>): given is Sourced<T> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

// A site may give the bare value: what it says of its own machines is then the source.
const sourced = <T extends string | number | readonly string[]>(value: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.union(
      [value, v.strictObject({ value, source: v.pipe(v.string(), v.nonEmpty('must not be empty')), confidence })],
      'must be a value of the right kind, or {value, source, confidence}',
    ),
    v.transform(
      (given): Sourced<T> =>
        isSourced(given) ? given : { value: given, source: "the site's own profile", confidence: 'specified' },
    ),
  );

const measure = sourced(v.pipe(v.number(), v.finite()));
const amount = sourced(v.pipe(v.number(), v.finite(), v.minValue(0, 'must not be negative')));
const count = sourced(v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(0, 'must not be negative')));

const gpuNumbers = {
  pcie_generation: v.optional(count),
  pcie_width: v.optional(count),
  nvlinks: v.optional(count),
  nvlink_gbps: v.optional(amount),
  power_limit_watts: v.optional(amount),
  max_sm_mhz: v.optional(amount),
  memory_mib: v.optional(amount),
};

export const limits = v.record(v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, 'must be lower case with hyphens')), measure);

const name = v.pipe(v.string(), v.nonEmpty('must not be empty'));
const names = sourced<readonly string[]>(v.array(name));

const version = v.pipe(v.string(), v.nonEmpty('must not be empty'));
const versions = sourced<readonly string[]>(
  v.pipe(
    v.union([version, v.pipe(v.array(version), v.minLength(1, 'must not be empty'))]),
    v.transform((given): readonly string[] => [given].flat()),
  ),
);
const pins = v.strictObject(
  Object.fromEntries(PIN_NAMES.map((name) => [name, v.optional(versions)])) as Record<
    PinName,
    v.OptionalSchema<typeof versions, undefined>
  >,
  `is not a version that can be pinned; these can: ${PIN_NAMES.join(', ')}`,
);

const nics = v.strictObject({
  role: v.picklist(['compute', 'storage', 'management', 'unused', 'unknown']),
  count: v.optional(count),
  rate_gbps: v.optional(amount),
  pcie_generation: v.optional(count),
  pcie_width: v.optional(count),
});

/** A machine profile as it is written, in JSON here and in YAML on a site. */
export const machineSchema = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]*$/, 'must be lower case letters, digits, dots and hyphens')),
  title: v.optional(v.string()),
  /** A built-in profile that supplies what this one does not say. */
  extends: v.optional(v.string()),
  /** Exact product names, as nvidia-smi prints them. */
  products: v.optional(v.array(name)),
  /** Only where the firmware says so (SMBIOS, `/sys/class/dmi/id`): GPUs alone do not tell a DGX from other HGX machines. */
  system: v.optional(
    v.strictObject({
      vendor: name,
      products: v.pipe(v.array(name), v.minLength(1, 'must name one')),
      source: v.optional(v.string()),
    }),
  ),
  fabric: v.optional(sourced(v.picklist(['none', 'hgx', 'nvl72']))),
  gpu: v.optional(v.strictObject({ count: v.optional(count), ...gpuNumbers })),
  limits: v.optional(limits),
  pins: v.optional(pins),
  nics: v.optional(v.array(nics)),
  /** systemd units that must run, and kernel modules that must be loaded. */
  services: v.optional(names),
  kernel_modules: v.optional(names),
  /** Mount points that must be there. */
  mounts: v.optional(names),
  host: v.optional(
    v.strictObject({
      cpus: v.optional(count),
      numa_nodes: v.optional(count),
      memory_bytes: v.optional(amount),
      nvme_drives: v.optional(count),
    }),
  ),
});

export type MachineRecord = v.InferOutput<typeof machineSchema>;
export type GpuRecord = NonNullable<MachineRecord['gpu']>;

/** A GPU product as `products.json` writes it. */
export const productSchema = v.strictObject({
  id: v.string(),
  names: v.array(v.string()),
  pci_device_ids: v.array(v.string()),
  /** Only a board with one of these; without it, any board that no other record claims. */
  pci_subsystem_ids: v.optional(v.array(v.string())),
  gpu: v.strictObject(gpuNumbers),
  limits,
});

/** What is known of one GPU product, wherever it is built in. */
export type ProductRecord = v.InferOutput<typeof productSchema>;
