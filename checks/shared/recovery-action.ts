import type { Action, Severity } from '../../src/api.ts';
import { drain, stay } from './rules.ts';

type RecoveryCode = 'reset-required' | 'reboot-required' | 'drain-p2p' | 'other-action';

export interface RecoveryVerdict {
  readonly code: RecoveryCode;
  readonly severity: Severity;
  readonly action: Action;
}

const RESET: RecoveryVerdict = { code: 'reset-required', severity: 'CRITICAL', action: drain('reset_gpu') };
const REBOOT: RecoveryVerdict = { code: 'reboot-required', severity: 'CRITICAL', action: drain('reboot') };
const DRAIN_P2P: RecoveryVerdict = { code: 'drain-p2p', severity: 'WARNING', action: stay('restart_app') };
const OTHER: RecoveryVerdict = { code: 'other-action', severity: 'CRITICAL', action: drain('service') };

/**
 * NVML's `nvmlDeviceGpuRecoveryAction_t` (nvml.h), as nvidia-smi and Xid 154 spell it. The wording differs between
 * drivers, so that only its beginning counts. DCGM's health watch fails on all of them but "Drain P2P", on which it
 * warns. A GPU's bus reset needs a reboot of the node.
 */
const BY_PREFIX: readonly (readonly [RegExp, RecoveryVerdict])[] = [
  [/^(gpu )?reset\b/i, RESET],
  [/^drain and reset\b/i, RESET],
  [/^drain p2p\b/i, DRAIN_P2P],
  [/^((node|system) )?reboot\b/i, REBOOT],
  [/^bus reset\b/i, REBOOT],
];

/** What the driver asks for; nothing for `None`. A wording that nobody knows is still a request. */
export const recoveryVerdict = (text: string): RecoveryVerdict | undefined => {
  const said = text.trim();
  if (/^(none|n\/a)\b/i.test(said)) return undefined;
  return BY_PREFIX.find(([prefix]) => prefix.test(said))?.[1] ?? OTHER;
};
