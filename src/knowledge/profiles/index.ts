export {
  type DescribedProduct,
  type DescribedProfile,
  describeProduct,
  describeProfile,
  type ProfileEntry,
} from './describe.ts';
export { allMachines, builtInMachines, builtInProfile, findMachine, machineIds } from './machines.ts';
export { matchProfile, type Seen } from './match.ts';
export { PIN_NAMES, type Pins } from './pins.ts';
export { type GpuIdentity, type ProductRecord, productRecord, products } from './products.ts';
export { resolveProfile } from './resolve.ts';
export type { SiteProfile } from './site.ts';
