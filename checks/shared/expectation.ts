import {
  absent,
  type Component,
  type Expected,
  type FabricKind,
  type Fact,
  isPassedThrough,
  type PciGpu,
  type Profile,
  type Severity,
} from '../../src/api.ts';

const NO_PROFILE = absent('unsupported', 'no machine profile says what to expect');

/** What the profile says of a GPU; nothing where it describes other products. */
export const expectedOfGpu = (profile: Fact<Profile>, gpu: Component, name: keyof Profile['gpu']): Expected<number> => {
  if (!profile.ok) return NO_PROFILE;
  const { products } = profile.value;
  if (gpu.kind === 'gpu' && gpu.model !== undefined && products.length > 0 && !products.includes(gpu.model)) {
    return absent('unsupported', `the machine profile does not describe ${gpu.model}`);
  }
  return profile.value.gpu[name];
};

/** What the profile says of the host around the GPUs. */
export const expectedOfHost = (profile: Fact<Profile>, name: keyof Profile['host']): Expected<number> =>
  profile.ok ? profile.value.host[name] : NO_PROFILE;

/** A number that holds for some sites only is no ground for more than a warning. */
export const severityOf = (expected: Extract<Expected<unknown>, { ok: true }>): Severity =>
  expected.confidence === 'assumed' ? 'WARNING' : 'CRITICAL';

export const fabricOf = (profile: Fact<Profile>): FabricKind | undefined =>
  profile.ok && profile.value.fabric.ok ? profile.value.fabric.value : undefined;

/** NVSwitch connects all GPUs of the machine. */
export const hasFabric = (profile: Fact<Profile>): boolean => {
  const fabric = fabricOf(profile);
  return fabric === 'hgx' || fabric === 'nvl72';
};

/** GPUs on the PCI bus that the NVIDIA driver of this host should drive. */
export const ownPciGpus = (pciGpus: Fact<readonly PciGpu[]>): readonly PciGpu[] =>
  pciGpus.ok ? pciGpus.value.filter((gpu) => !isPassedThrough(gpu)) : [];
