import type { Action, Lifetime, Severity } from '../api.ts';
import data from './recovery-action.json' with { type: 'json' };

/** The driver's own verdict on a GPU, as `gpu_recovery_action` and Xid 154 print it. */
interface RecoveryAction {
  /** In NVIDIA's words; the text itself where it is not known. */
  readonly name: string;
  readonly known: boolean;
  /** False for `None`. */
  readonly needed: boolean;
  readonly meaning: string;
  readonly severity: Severity;
  readonly action: Action;
  readonly lifetime: Lifetime;
  readonly source: string;
}

type Judged = Pick<RecoveryAction, 'meaning' | 'severity' | 'action' | 'lifetime'>;
const actions = data.actions as readonly (Judged & {
  readonly code: number;
  readonly name: string;
  readonly texts: readonly string[];
})[];
const unknown = data.unknown as Judged;

const beginsWithWords = (text: string, words: string) =>
  text === words || (text.startsWith(words) && !/[a-z0-9]/.test(text[words.length] ?? ''));

/** Matches by leading words, since the spelling differs between the XML ("Reset"), the kernel log ("GPU Reset Required") and drivers. */
export const recoveryAction = (text: string): RecoveryAction => {
  const spoken = text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const found = actions.find((each) => each.texts.some((words) => beginsWithWords(spoken, words)));
  const judged = found ?? unknown;
  return {
    name: found?.name ?? text.trim(),
    known: found !== undefined,
    needed: found?.code !== 0,
    meaning: judged.meaning,
    severity: judged.severity,
    action: judged.action,
    lifetime: judged.lifetime,
    source: data.source,
  };
};

/** The recovery that the text of an Xid 154 changes to: `… from 0x0 (None) to 0x2 (Node Reboot Required)`. */
export const recoveryActionOfXid154 = (text: string): RecoveryAction | undefined => {
  const named = /\bto (?:0x[0-9a-f]+ )?\(([^()]+)\)/i.exec(text)?.[1];
  return named === undefined ? undefined : recoveryAction(named);
};
