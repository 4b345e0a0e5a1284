import { hostPart } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

interface Phrase {
  readonly event: string;
  readonly pattern: RegExp;
}

/**
 * What the driver says when a controller does not answer, from the mildest to the end (Linux, drivers/nvme/host/pci.c and
 * core.c; the wording "Removing after probe failure" is that of kernels before 6.1). `completion polled` is an answer that
 * was there without its interrupt.
 */
const PHRASES: readonly Phrase[] = [
  { event: 'removed', pattern: /^Removing after probe failure|^Disabling device after reset failure/ },
  { event: 'removed', pattern: /^failed state error detected, request disconnect/ },
  { event: 'reset', pattern: /^controller is down; will reset/ },
  { event: 'reset', pattern: /\btimeout, (?:reset|disable) controller/ },
  { event: 'reset', pattern: /^frozen state error detected, reset controller/ },
  { event: 'reset', pattern: /^Device not ready; aborting (?:reset|initiali[sz]ation)/ },
  { event: 'timeout', pattern: /\btimeout, (?:aborting|completion polled)/ },
];

const CONTROLLER = /^nvme (nvme\d{1,4}): (.*)/;
// The block layer (block/blk-core.c); `blk_update_request: ` before Linux 5.16, `print_req_error: ` before 5.3.
const BLOCK =
  /^(?:blk_update_request: |print_req_error: )?(critical medium|protection|I\/O) error, dev (nvme\d{1,4})(?:c\d{1,4})?(n\d{1,4}), sector (\d{1,20})(.*)/;
// A drive may refuse to discard or to zero blocks: the caller then does it in another way, and nothing is lost.
const DISPENSABLE = /:\((?:DISCARD|WRITE_ZEROES|SECURE_ERASE)\)/;
const NO_PATH = /^block (nvme\d{1,4})(?:c\d{1,4})?(n\d{1,4}): no (?:available|usable) path - failing I\/O/;

const ofController = (text: string): KernelMessage | undefined => {
  const [, name, said] = CONTROLLER.exec(text) ?? [];
  if (name === undefined || said === undefined) return undefined;
  const phrase = PHRASES.find(({ pattern }) => pattern.test(said));
  if (phrase === undefined) return undefined;
  return { kind: 'nvme', component: hostPart(name), fields: { event: phrase.event }, variant: phrase.event };
};

const ofBlocks = (text: string): KernelMessage | undefined => {
  const [, error, drive = '', namespace = '', sector, more = ''] = BLOCK.exec(text) ?? [];
  if (error === undefined || DISPENSABLE.test(more)) return undefined;
  const event = error === 'critical medium' ? 'medium-error' : 'io-error';
  return {
    kind: 'nvme',
    component: hostPart(`${drive}${namespace}`),
    fields: fieldsOf({ event, sector }),
    variant: event,
  };
};

const ofPaths = (text: string): KernelMessage | undefined => {
  const [, drive, namespace] = NO_PATH.exec(text) ?? [];
  if (drive === undefined) return undefined;
  return {
    kind: 'nvme',
    component: hostPart(`${drive}${namespace}`),
    fields: { event: 'io-error' },
    variant: 'no-path',
  };
};

/** What the kernel says of an NVMe drive: of its controller (`nvme0`), or of its blocks (`nvme0n1`). */
export const parseNvme = (text: string): KernelMessage | undefined =>
  text.includes('nvme') ? (ofController(text) ?? ofBlocks(text) ?? ofPaths(text)) : undefined;
