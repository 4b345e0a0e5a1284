import { type Absent, absent, known, type Reading, type S } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { unreadable, words } from '../quantity.ts';
import { atLeast } from './driver-version.ts';
import { FIELDS } from './fields.ts';
import type { GpuElement } from './xml.ts';

/** The leaves of one GPU, read one by one; every absence names the element and says why it is not there. */
export interface Leaves {
  readonly element: GpuElement;
  readonly mig: boolean;
  read<T>(path: string, parse: (text: string) => Reading<T>): Reading<T>;
  text(path: string): S;
  /** The first of several spellings that has a value, else the absence of the first that is printed. */
  firstOf<T>(paths: readonly string[], parse: (text: string) => Reading<T>): Reading<T>;
  /** True where the element, or one above or below it, is in the output. */
  has(path: string): boolean;
}

/** In MIG mode the driver keeps these per instance and prints N/A for the GPU (real capture, A100 and H100). */
const PER_MIG_INSTANCE = ['utilization/', 'fb_memory_usage/', 'ecc_errors/volatile/'];

const ancestors = (path: string): string[] => {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, parts.length - 1 - index).join('/'));
};

export const leavesOf = (element: GpuElement, driver: string | undefined): Leaves => {
  const { leaves, branches, damage } = element;
  const mig = leaves.get('mig_mode/current_mig') === 'Enabled';
  const byDriver = driver === undefined ? 'the driver, whose version is not printed' : `driver ${driver}`;

  const missing = (path: string): Absent => {
    if (damage !== undefined) return absent('failed', `${path}: ${damage}`);
    const field = FIELDS[path];
    if (field === undefined) return absent('unsupported', `${path}: not printed by ${byDriver}`);
    const elsewhere = absent('failed', `${path}: missing from the output of ${byDriver}, which prints it elsewhere`);
    if (field.since === 'always') return elsewhere;
    if (field.with?.some((companion) => leaves.has(companion))) return elsewhere;
    const older = absent('unsupported', `${path}: not printed by ${byDriver}`);
    if (field.since === undefined) return older;
    if (field.until !== undefined && atLeast(driver, field.until)) return older;
    if (field.only && !field.only(leaves)) return absent('unsupported', `${path}: not printed for this kind of GPU`);
    // An unknown version could be a new one: what is not told is then not known, rather than not supported.
    return atLeast(driver, field.since) === false ? older : elsewhere;
  };

  const named = (path: string, given: Absent): Absent => {
    const hidden = mig && given.reason === 'unsupported' && PER_MIG_INSTANCE.some((prefix) => path.startsWith(prefix));
    const remark = hidden ? ' (MIG is on: the driver keeps it per instance, not for the whole GPU)' : '';
    return absent(given.reason, `${path}: ${given.detail}${remark}`);
  };

  /** A container that was printed as text says why for all that it holds: `<remapped_rows>N/A</remapped_rows>`. */
  const aboveAsText = (path: string): Absent | undefined => {
    for (const parent of ancestors(path)) {
      const text = leaves.get(parent);
      if (text === undefined || text === '') continue;
      return named(parent, absenceOf(text) ?? unreadable(text, 'a known element'));
    }
    return undefined;
  };

  const read = <T>(path: string, parse: (text: string) => Reading<T>): Reading<T> => {
    const text = leaves.get(path);
    if (text === undefined) return aboveAsText(path) ?? missing(path);
    const value = parse(text);
    return value.ok ? value : named(path, value);
  };

  const has = (path: string): boolean => leaves.has(path) || branches.has(path) || aboveAsText(path) !== undefined;

  return {
    element,
    mig,
    read,
    has,
    text: (path) => read(path, words),
    firstOf: (paths, parse) => {
      let first: Absent | undefined;
      for (const path of paths) {
        if (!has(path)) continue;
        const value = read(path, parse);
        if (value.ok) return value;
        first ??= value;
      }
      return first ?? missing(paths[0] ?? '');
    },
  };
};

/** A reading made of several: known when all are, else the absence that says most: a failure before an N/A. */
export const combine = <T, R>(readings: readonly Reading<T>[], make: (values: readonly T[]) => R): Reading<R> => {
  const absences = readings.filter((reading) => !reading.ok);
  const gravest = absences.find(({ reason }) => reason !== 'unsupported') ?? absences[0];
  return gravest ?? known(make(readings.flatMap((reading) => (reading.ok ? [reading.value] : []))));
};
