import { join } from 'node:path';
import * as v from 'valibot';
import { absent, known, type Reading } from '../api.ts';
import type { StateFile } from '../store/state-file.ts';
import { FEATURES } from '../straggler/features.ts';
import type { Baselines, SavedBaselines } from '../straggler/slots.ts';

const SCHEMA_VERSION = 1;
/** Far more boards than a node sees in its life. */
const MAX_PARTS = 1024;
const MAX_FILE_PARTS = 2 * MAX_PARTS;

const deviation = v.pipe(v.number(), v.finite());
const baseline = v.object({
  minutes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  deviations: v.object(Object.fromEntries(FEATURES.map(({ name }) => [name, v.optional(deviation)]))),
});
const schema = v.object({
  schema_version: v.literal(SCHEMA_VERSION),
  baselines: v.pipe(
    v.record(v.string(), baseline),
    v.check((parts) => Object.keys(parts).length <= MAX_FILE_PARTS, `more than ${MAX_FILE_PARTS} parts`),
  ),
});

/** The file in the state directory. */
export const baselinesFile = (stateDir: string): string => join(stateDir, 'straggler-baselines.json');

export const baselinesToFile = (baselines: SavedBaselines): unknown => ({
  schema_version: SCHEMA_VERSION,
  baselines: Object.fromEntries(Object.entries(baselines).slice(-MAX_PARTS)),
});

/** A file that is not whole says nothing: half of a baseline would accuse healthy GPUs. */
export const baselinesFromFile = (value: unknown): Reading<SavedBaselines> => {
  const read = v.safeParse(schema, value);
  if (read.success) return known(read.output.baselines as SavedBaselines);
  const [{ path, message }] = read.issues;
  const where = path === undefined ? '' : `${path.map(({ key }) => String(key)).join('.')}: `;
  return absent('failed', `${where}${message}`);
};

/** What healthy GPUs of this node look like, over restarts of the agent. */
export interface BaselineKeeper {
  /** Takes up what an earlier agent learned; the line that says why it cannot be used, where it cannot. */
  recall(): Promise<string | undefined>;
  /** In the background, where something was learned. */
  keep(): void;
  /** True once it is on disk, false when the disk was given up. */
  flushed(): Promise<boolean>;
}

export const createBaselineKeeper = (o: {
  readonly baselines: Pick<Baselines, 'save' | 'restore'>;
  readonly stateFile: StateFile;
}): BaselineKeeper => {
  const { baselines, stateFile } = o;
  let kept = '';

  return {
    recall: async () => {
      const loaded = await stateFile.load();
      const read = loaded.ok ? baselinesFromFile(loaded.value) : loaded;
      if (read.ok) {
        baselines.restore(read.value);
        kept = JSON.stringify(read.value);
        return undefined;
      }
      if (read.reason === 'no-history') return undefined;
      // What is there but cannot be used; what could not be read may be whole.
      if (loaded.ok || loaded.reason === 'failed') await stateFile.setAside();
      return `what the GPUs of this node usually do cannot be read, it is learned anew: ${read.detail}`;
    },
    keep: () => {
      const saved = baselines.save();
      const text = JSON.stringify(saved);
      // An idle node learns nothing, and writes nothing.
      if (text === kept || Object.keys(saved).length === 0) return;
      kept = text;
      stateFile.save(baselinesToFile(saved));
    },
    flushed: () => stateFile.flushed(),
  };
};
