export { sxidMeaning } from '../sxid.ts';
export { bucketSource, explainBucket } from './buckets.ts';
export {
  type XidGeneration,
  type XidRecord,
  xidCatalogue,
  xidCatalogueSource,
  xidMeaning,
  xidRecord,
} from './catalogue.ts';
export { interpretXid, type XidEvent } from './interpret.ts';
export { decodeNvlink5, type NvLink5Decode, type NvLink5Message } from './nvlink5.ts';
