import { matchesGlob } from '../derive/glob.ts';
import { usageError } from '../errors.ts';

export interface Subject {
  readonly check?: string;
  /** As written; the daemon knows which part is meant. */
  readonly component?: string;
}

/** `mlx5_2/1` has a slash too, and a number after it; no check has. */
export const looksLikeCheck = (word: string): boolean => word.includes('*') || /\/(?![0-9]+$)/.test(word);

/** Tells a check from a component, in either order. `checkIds` are the checks that there are. */
export const readSubject = (words: readonly string[], checkIds: readonly string[]): Subject => {
  const isCheck = (word: string): boolean => checkIds.some((id) => matchesGlob(word, id));
  const checks = words.filter(isCheck);
  const components = words.filter((word) => !isCheck(word));
  const unknown = components.find(looksLikeCheck);
  if (unknown !== undefined) throw usageError(`there is no check ${unknown}; muster checks lists them`);
  const [check, ...otherChecks] = checks;
  const [component, ...otherComponents] = components;
  if (otherChecks.length > 0) throw usageError(`${checks.join(' and ')} are two checks; name one, or a glob: 'gpu/*'`);
  if (otherComponents.length > 0)
    throw usageError(`${components.join(' and ')} are two components; name one at a time, such as gpu3`);
  return { ...(check === undefined ? {} : { check }), ...(component === undefined ? {} : { component }) };
};

/** For people: `gpu/ecc-errors on gpu3`. */
export const subjectWords = ({ check, component }: Subject): string =>
  [check ?? 'every check', ...(component === undefined ? [] : [`on ${component}`])].join(' ');
