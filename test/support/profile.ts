import { absent, type Expected, known, type Profile } from '../../src/api.ts';

/** A number that the product's data sheet gives. */
export const specified = <T>(value: T): Expected<T> => ({ ...known(value), source: 'test', confidence: 'specified' });
/** A number that holds for some sites and not for others. */
export const assumed = <T>(value: T): Expected<T> => ({ ...known(value), source: 'test', confidence: 'assumed' });
/** What a profile does not say. */
export const unsaid = absent('unsupported', 'the profile does not say');

type ProfileOverrides = Partial<Omit<Profile, 'gpu'>> & { readonly gpu?: Partial<Profile['gpu']> };

/** The profile of an HGX H100 node, with `overrides` laid upon it. */
export const profileOf = (overrides: ProfileOverrides = {}): Profile => ({
  id: 'hgx-h100-8',
  title: 'HGX H100, 8 GPUs',
  known: true,
  configured: false,
  products: ['NVIDIA H100 80GB HBM3'],
  fabric: specified('hgx'),
  limits: {},
  pins: {},
  nics: [],
  services: unsaid,
  kernelModules: unsaid,
  mounts: unsaid,
  host: { cpus: unsaid, numaNodes: unsaid, memoryBytes: unsaid, nvmeDrives: unsaid },
  ...overrides,
  gpu: {
    count: specified(8),
    pcieGeneration: specified(5),
    pcieWidth: specified(16),
    nvlinks: specified(18),
    nvlinkGBps: specified(26.562),
    powerLimitWatts: specified(700),
    maxSmMHz: specified(1980),
    memoryMiB: specified(81_559),
    ...overrides.gpu,
  },
});

/** The profile of a machine that Muster does not recognise. */
export const genericProfile = (overrides: ProfileOverrides = {}): Profile =>
  profileOf({
    id: 'generic',
    title: 'Generic GPU machine',
    known: false,
    products: [],
    fabric: unsaid,
    ...overrides,
    gpu: {
      count: unsaid,
      pcieGeneration: unsaid,
      pcieWidth: unsaid,
      nvlinks: unsaid,
      nvlinkGBps: unsaid,
      powerLimitWatts: unsaid,
      maxSmMHz: unsaid,
      memoryMiB: unsaid,
      ...overrides.gpu,
    },
  });
