export { builtInMachines, builtInProfile, machineIds } from './machines.ts';
export { matchProfile, type Seen } from './match.ts';
export { PIN_NAMES, type Pins } from './pins.ts';
export { type GpuIdentity, type ProductRecord, productRecord, products } from './products.ts';
export { resolveProfile } from './resolve.ts';
export type { SiteProfile } from './site.ts';
