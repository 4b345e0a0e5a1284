import { absent, known, type Reading } from '../api.ts';
import { errorCode } from './errno.ts';
import { readPlain } from './read-plain.ts';

export const SCHEMA_VERSION = 1;

/** What a recording says about itself; all of it may be missing, for recordings are also made by hand. */
export interface Manifest {
  readonly node?: string;
  readonly bootId?: string;
  readonly at?: number;
  /** By sample; shorter than the samples where it does not say. */
  readonly sampleTimes: readonly (number | undefined)[];
}

// Unix seconds stay below this until the year 5138; Unix ms passed it in 1973.
const FIRST_MS = 1e11;

/** A time as ISO 8601, Unix seconds or Unix ms, in Unix ms. */
export const parseTime = (value: unknown): number | undefined => {
  if (typeof value === 'string') {
    const ms = /^\d+(\.\d+)?$/.test(value) ? parseTime(Number(value)) : Date.parse(value);
    return ms === undefined || Number.isNaN(ms) ? undefined : ms;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  return value < FIRST_MS ? value * 1000 : value;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const problem = (file: string, what: string) => absent('failed', `${file}: ${what}`);

const field = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** A field that is missing is not said; one that is there and cannot be understood is a problem. */
export const readManifest = async (file: string): Promise<Reading<Manifest>> => {
  let text: string;
  try {
    text = await readPlain(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return problem(
        file,
        'not there; write {"schema_version":1,"node":NAME,"at":UNIX_SECONDS}, or record with `muster collect --save DIR`',
      );
    }
    return problem(file, `cannot be read: ${errorCode(error)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return problem(file, `not JSON: ${errorCode(error)}; record again`);
  }
  if (!isObject(json)) return problem(file, 'not a JSON object; record again');
  const { schema_version: version = SCHEMA_VERSION, samples = [], at } = json;
  if (version !== SCHEMA_VERSION) {
    return problem(
      file,
      `schema_version ${JSON.stringify(version)} is not ${SCHEMA_VERSION}; read it with the Muster that wrote it`,
    );
  }
  if (at !== undefined && parseTime(at) === undefined) {
    return problem(file, `at ${JSON.stringify(at)} is no time; write Unix seconds or ISO 8601`);
  }
  if (!Array.isArray(samples))
    return problem(file, 'samples is not a list; write [{"at":UNIX_SECONDS}, …] or leave it out');
  const node = field(json.node);
  const bootId = field(json.boot_id);
  const start = parseTime(at);
  return known({
    ...(node === undefined ? {} : { node }),
    ...(bootId === undefined ? {} : { bootId }),
    ...(start === undefined ? {} : { at: start }),
    sampleTimes: samples.map((sample: unknown) => (isObject(sample) ? parseTime(sample.at) : undefined)),
  });
};
