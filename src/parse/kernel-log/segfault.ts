import { NODE } from '../../api.ts';
import { fieldsOf, type KernelMessage } from './message.ts';

/**
 * `pt_main_thread[2536443]: segfault at 7f79 ip 00007f7c sp 00007f7c error 4 in libnccl.so.2[7f7c+d3d3000]` (Linux,
 * arch/x86/mm/fault.c), and `traps: python3[1] general protection fault ip:7f sp:7f error:0 in libcuda.so.1[7f+1]`.
 */
const CRASHED =
  /^(?:traps: )?(.{1,64})\[(\d{1,10})\]:? (?:segfault at|general protection fault) .{1,120} in ([\w.+-]{1,80})(?:\[|$)/;

/** Libraries through which a job uses GPUs and their network; what else users crash in is theirs alone. */
const OF_THE_GPU_STACK = /^lib(?:nccl|cuda|nvidia-|ibverbs|mlx5)/;

/** A process that crashed inside a library of NVIDIA or of the RDMA stack. */
export const parseSegfault = (text: string): KernelMessage | undefined => {
  const [, name, pid, library] = CRASHED.exec(text) ?? [];
  if (library === undefined || !OF_THE_GPU_STACK.test(library)) return undefined;
  return { kind: 'segfault', component: NODE, fields: fieldsOf({ library, name, pid }), variant: library };
};
