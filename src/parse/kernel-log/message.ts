import type { Component, KernelEventKind } from '../../api.ts';
import { normalizePciBusId } from '../pci-address.ts';

/** What a message says happened; when and how often is added by the event log. */
export interface KernelMessage {
  readonly kind: KernelEventKind;
  readonly component: Component;
  readonly code?: number;
  readonly causedBy?: number;
  readonly fields: Readonly<Record<string, string>>;
  /** Tells apart what has another meaning under the same code. */
  readonly variant?: string;
}

/** The part at a PCI address, in any spelling; undefined for text that is no address. */
export const partAt = (kind: 'gpu' | 'nic' | 'nvswitch', address: string): Component | undefined => {
  const pciBusId = normalizePciBusId(address);
  return pciBusId === undefined ? undefined : { kind, key: `${kind}:${pciBusId}`, pciBusId };
};

/** Only what is there. */
export const fieldsOf = (fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
