import { usageError } from '../errors.ts';
import { type AskOptions, ask, ownerOf, reasonOf } from './ask.ts';
import { checkIdsFor } from './checks.ts';
import { readSubject, subjectWords } from './subject.ts';

export interface AckOptions extends AskOptions {
  readonly reason: string;
  readonly owner?: string;
}

/** Says that what a check found about a component has been taken care of: what outlives everything else ends by this. */
export const ack = async (words: readonly string[], options: AckOptions): Promise<number> => {
  const subject = readSubject(words, await checkIdsFor(words, options.config));
  if (subject.check === undefined && subject.component === undefined)
    throw usageError(
      'ack takes a component, a check or both: muster ack gpu3 gpu/xid-errors --reason "board replaced"',
    );
  const reason = reasonOf(options.reason, 'what was done');
  const request = { ...subject, owner: ownerOf(options.owner, process.env), reason };
  return ask('ack', request, options, `acknowledged ${subjectWords(subject)}`);
};
