import { integer } from '../quantity.ts';
import type { Labels } from './answer.ts';
import { nodeName } from './node-name.ts';

/** The GPU that a series is about, and the scrape target that told it. */
export interface GpuIdentity {
  readonly target: string;
  readonly node: string;
  readonly index?: number;
  readonly uuid?: string;
  readonly pciBusId?: string;
}

/** What a target is known by: scrape job and instance, and the cluster where several Prometheis are asked at once. */
export const targetOf = ({ cluster = '', job = '', instance = '' }: Labels): string =>
  `${cluster} ${job} ${instance}`.trim();

/** Undefined where the labels name no GPU or no node. */
export const gpuIdentity = (labels: Labels): GpuIdentity | undefined => {
  const node = nodeName(labels);
  const { gpu = '', UUID: uuid = '', pci_bus_id: pciBusId = '' } = labels;
  const index = integer(gpu);
  if (node === undefined || (uuid === '' && !index.ok)) return undefined;
  return {
    target: targetOf(labels),
    node,
    ...(index.ok ? { index: index.value } : {}),
    ...(uuid === '' ? {} : { uuid }),
    ...(pciBusId === '' ? {} : { pciBusId }),
  };
};
