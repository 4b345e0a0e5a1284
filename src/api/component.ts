export type ComponentKind = 'gpu' | 'nic' | 'nvswitch' | 'node';

/**
 * What a judgement is about. `key` is the identity that history and lifetimes follow; the inventory mints it
 * (`derive/inventory.ts`), so that a lost GPU keeps its name. Everything else helps a technician to find the part.
 */
export interface Component {
  readonly kind: ComponentKind;
  readonly key: string;
  /** The node's name; set only where several nodes are judged together. */
  readonly node?: string;
  /** Product or HCA type. Only components of one model are compared with each other. */
  readonly model?: string;
  readonly index?: number;
  readonly uuid?: string;
  /** As nvidia-smi and dcgm-exporter print it: 8-digit domain, upper case, with function: `00000000:1B:00.0`. */
  readonly pciBusId?: string;
  /** Never a key: two GPUs of a GB200 or GB300 board share one. */
  readonly serial?: string;
  readonly slot?: string;
  /** Of a part of the node that is neither GPU nor NIC, by its own name too: `nvme3`, `md0`, `/var`. */
  readonly device?: string;
  readonly port?: number;
  readonly guid?: string;
}

/** The node as a whole. */
export const NODE: Component = { kind: 'node', key: 'node' };

/** A part of the node that is neither GPU nor NIC, by the name that the machine gives it: `nvme3`, `md0`, `/var`. */
export const hostPart = (device: string): Component => ({ kind: 'node', key: `node:${device}`, device });
