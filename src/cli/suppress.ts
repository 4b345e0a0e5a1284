import { usageError } from '../errors.ts';
import { type AskOptions, ask, ownerOf, reasonOf } from './ask.ts';
import { checkIdsFor } from './checks.ts';
import { readSubject, type Subject, subjectWords } from './subject.ts';

export interface SuppressOptions extends AskOptions {
  /** Seconds. */
  readonly for: number;
  readonly reason: string;
  readonly owner?: string;
}

export type UnsuppressOptions = Omit<SuppressOptions, 'for' | 'reason'>;

const withCheck = async (
  words: readonly string[],
  verb: string,
  { config }: AskOptions,
): Promise<Subject & { readonly check: string }> => {
  const { check, ...rest } = readSubject(words, await checkIdsFor(words, config));
  if (check === undefined) throw usageError(`${verb} needs a check, such as gpu/ecc-errors or 'thermal/*'`);
  return { check, ...rest };
};

/** Findings of the check, about one component or all, count for nothing until the time is over. */
export const suppress = async (words: readonly string[], options: SuppressOptions): Promise<number> => {
  const subject = await withCheck(words, 'suppress', options);
  const { for: seconds } = options;
  const reason = reasonOf(options.reason, 'why nobody needs to hear of it');
  const until = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.[0-9]+Z$/, 'Z');
  const request = { ...subject, owner: ownerOf(options.owner, process.env), reason, seconds };
  return ask('suppress', request, options, `suppressed ${subjectWords(subject)} until ${until}`);
};

/** They count again from now on. */
export const unsuppress = async (words: readonly string[], options: UnsuppressOptions): Promise<number> => {
  const subject = await withCheck(words, 'unsuppress', options);
  const request = { ...subject, owner: ownerOf(options.owner, process.env) };
  return ask('unsuppress', request, options, `no longer suppressed: ${subjectWords(subject)}`);
};
