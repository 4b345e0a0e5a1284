import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

/**
 * The one line with a number in brackets that each death in the kernel prints, whatever announced it: `Oops: 0002 [#1] SMP`,
 * `invalid opcode: 0000 [#2]` (after `kernel BUG at`), `Internal error: Oops: 0000000096000004 [#1]` (Linux,
 * arch/x86/kernel/dumpstack.c and arch/arm64/kernel/traps.c).
 */
const DIED = /^([A-Za-z][^[\]]{1,160}): [0-9a-f]{4,16} \[#(\d{1,5})\](?: |$)/;

/** The kernel stumbled over itself and killed what it ran; locks that this held stay held. */
export const parseKernelBug = (text: string): KernelMessage | undefined => {
  const [, what, number] = DIED.exec(text) ?? [];
  if (what === undefined) return undefined;
  return { kind: 'kernel-bug', component: NODE, fields: fieldsOf({ what, number }), variant: what };
};
