import type { AbsenceReason } from '../../api.ts';

export interface ExitMeaning {
  readonly reason: AbsenceReason;
  readonly means: string;
}

/** Exit code 14: the output is good, an infoROM is not. */
export const INFOROM_CORRUPTED = 14;

/** nvidia-smi(1), "RETURN VALUE". */
const EXIT_CODES: Readonly<Record<number, ExitMeaning>> = {
  2: { reason: 'failed', means: 'an argument is invalid' },
  3: { reason: 'unsupported', means: 'the GPU does not offer the operation' },
  4: { reason: 'denied', means: 'the user may not access the GPU' },
  6: { reason: 'no-device', means: 'the queried object was not found' },
  8: { reason: 'failed', means: 'external power cables of a GPU are not attached' },
  9: { reason: 'failed', means: 'the NVIDIA driver is not loaded' },
  10: { reason: 'failed', means: 'the kernel detected an interrupt problem of a GPU' },
  12: { reason: 'failed', means: 'the NVML library was not found or not loaded' },
  13: { reason: 'failed', means: 'the NVML library does not know the function' },
  [INFOROM_CORRUPTED]: { reason: 'failed', means: 'an infoROM is corrupted' },
  15: { reason: 'lost', means: 'a GPU fell off the bus or is inaccessible' },
  255: { reason: 'failed', means: 'an internal driver error' },
};

/** What an exit code of nvidia-smi means. */
export const exitMeaning = (code: number): ExitMeaning =>
  (Object.hasOwn(EXIT_CODES, code) ? EXIT_CODES[code] : undefined) ?? {
    reason: 'failed',
    means: 'not a code of nvidia-smi',
  };
