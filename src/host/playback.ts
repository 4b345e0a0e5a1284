import { absent, type Host, known, type S } from '../api.ts';
import type { MachineTree } from './tree.ts';
import { absenceIn, commandIn, fileIn, namesIn, recordsIn } from './tree-answers.ts';

/** A machine as it was at one time (Unix ms). */
export interface Moment {
  readonly tree: MachineTree;
  readonly at: number;
}

export interface TreeOptions {
  /** Top-level folders that count as recorded although the tree holds nothing of them: what is missing is not there. */
  readonly recordedRoots?: readonly string[];
}

/** Serves one moment after another; time is that of the moment. */
export interface Playback extends Host {
  /** Goes on to the next moment; false when there is none. */
  step(): boolean;
  /** Goes on to a moment that was not known beforehand. */
  show(moment: Moment): void;
}

const noMoment: Moment = { tree: new Map(), at: 0 };

/** What `ring` holds beyond `seen`: each moment records the whole ring, and the ring forgets its oldest records. */
const newRecords = (ring: readonly string[], seen: readonly string[]): readonly string[] => {
  for (let dropped = 0; dropped < seen.length; dropped += 1) {
    const kept = seen.length - dropped;
    if (kept <= ring.length && seen.slice(dropped).every((line, i) => ring[i] === line)) return ring.slice(kept);
  }
  return ring;
};

const followTree = async function* (answer: () => ReturnType<typeof commandIn>): AsyncGenerator<S> {
  const result = answer();
  if (!result.ok) {
    yield result;
    return;
  }
  for (const line of result.value.stdout.split('\n')) if (line !== '') yield known(line);
  yield absent('not-recorded', 'the recording ends here');
};

/** Plays a sequence of samples through the door that the machine itself would be read through. */
export const playback = (moments: readonly Moment[], { recordedRoots = [] }: TreeOptions = {}): Playback => {
  const coming = moments.slice(1);
  let current = moments[0] ?? noMoment;
  let seen: readonly string[] = [];

  return {
    run: (tool, args, o) =>
      Promise.resolve(commandIn(current.tree, tool, args, o.maxBytes ?? Number.POSITIVE_INFINITY)),
    follow: (tool, args) => followTree(() => commandIn(current.tree, tool, args, Number.POSITIVE_INFINITY)),
    read: (path) => Promise.resolve(fileIn(current.tree, path, recordedRoots)),
    list: (path) => Promise.resolve(namesIn(current.tree, path, recordedRoots)),
    kernelRecords: () => {
      const ring = recordsIn(current.tree);
      if (ring === undefined) {
        const stated = absenceIn(current.tree, 'kmsg');
        if (stated !== undefined) return Promise.resolve(stated);
        if (seen.length > 0 || recordedRoots.includes('kmsg')) return Promise.resolve(known({ lines: [], lost: 0 }));
        return Promise.resolve(absent('not-recorded', 'kmsg: not in the recording'));
      }
      const lines = newRecords(ring, seen);
      seen = ring;
      return Promise.resolve(known({ lines, lost: 0 }));
    },
    now: () => current.at,
    step: () => {
      const next = coming.shift();
      if (next === undefined) return false;
      current = next;
      return true;
    },
    show: (moment) => {
      current = moment;
    },
  };
};
