import { join } from 'node:path';
import type { Reading } from '../api.ts';
import type { Baseline } from '../derive/series.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const SCHEMA_VERSION = 1;

const isSample = (sample: unknown): boolean =>
  Array.isArray(sample) && sample.length === 2 && sample.every((number) => Number.isFinite(number));

const isBaseline = (counters: unknown): counters is Baseline =>
  typeof counters === 'object' &&
  counters !== null &&
  Object.values(counters).every((samples) => Array.isArray(samples) && samples.every(isSample));

// Beside the sockets: it is of one boot, and what is in memory does not hold up a run as a disk may.
const fileIn = (runtimeDir: string): string => join(runtimeDir, 'baseline.json');

/** The counters of earlier one-shot runs of the same boot; none after a reboot, which starts every counter anew. */
export const loadBaseline = async (runtimeDir: string, bootId: string): Promise<Baseline | undefined> => {
  const read = await readJsonFile(fileIn(runtimeDir));
  if (!read.ok) return undefined;
  const { schema_version, boot_id, counters } = (read.value ?? {}) as Record<string, unknown>;
  const isOurs = schema_version === SCHEMA_VERSION && boot_id === bootId && bootId !== '';
  return isOurs && isBaseline(counters) ? counters : undefined;
};

/** Tells why where it could not; that matters to nobody but who wants to leave: a baseline can always be made anew. */
export const saveBaseline = (runtimeDir: string, bootId: string, counters: Baseline): Promise<Reading<true>> =>
  writeJsonFile(fileIn(runtimeDir), { schema_version: SCHEMA_VERSION, boot_id: bootId, counters });
