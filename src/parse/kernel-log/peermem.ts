import { NODE } from '../../api.ts';
import type { KernelMessage } from './message.ts';

/** `nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing` (NVIDIA open-gpu-kernel-modules, nvidia-peermem.c). */
const INVALID_CONTEXT = /^nvidia-peermem nv_get_p2p_free_callback:\d{1,5} ERROR detected invalid context/;

/** A registration of GPU memory that nvidia_peermem found stale. */
export const parsePeermem = (text: string): KernelMessage | undefined =>
  INVALID_CONTEXT.test(text)
    ? {
        kind: 'other',
        component: NODE,
        fields: { event: 'peermem-invalid-context' },
        variant: 'peermem-invalid-context',
      }
    : undefined;
