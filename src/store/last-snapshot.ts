import { join } from 'node:path';
import type { Snapshot } from '../engine/snapshot.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';

const SCHEMA_VERSION = 1;

const fileIn = (runtimeDir: string): string => join(runtimeDir, 'snapshot.json');

/** What a verdict is made of: the judgements, and who was judged; the readings themselves stay with the daemon. */
const forVerdicts = (snapshot: Snapshot): Snapshot => {
  const { gpus, driver, driverModule } = snapshot.facts;
  return {
    ...snapshot,
    facts: {
      ...(gpus === undefined
        ? {}
        : { gpus: (gpus.ok ? { ...gpus, value: gpus.value.map(({ ref }) => ({ ref })) } : gpus) as typeof gpus }),
      ...(driver === undefined ? {} : { driver }),
      ...(driverModule === undefined ? {} : { driverModule }),
    },
  };
};

/** Leaves the daemon's judgements where `validate --max-age` finds them. */
export const saveSnapshot = (runtimeDir: string, snapshot: Snapshot): void => {
  writeJsonFile(fileIn(runtimeDir), { schema_version: SCHEMA_VERSION, snapshot: forVerdicts(snapshot) });
};

/** The daemon's judgements when every fact that they needed is young enough and of this boot. */
export const loadSnapshot = (
  runtimeDir: string,
  o: { readonly bootId: string; readonly now: number; readonly maxAgeMs: number },
): { snapshot: Snapshot; ageSeconds: number } | undefined => {
  const read = readJsonFile(fileIn(runtimeDir));
  if (!read.ok) return undefined;
  const { schema_version, snapshot } = read.value as { schema_version?: unknown; snapshot?: Snapshot };
  if (schema_version !== SCHEMA_VERSION || snapshot === undefined || !Array.isArray(snapshot.checks)) return undefined;
  if (snapshot.node.bootId !== o.bootId) return undefined;
  const ageMs = o.now - oldestFactAt(snapshot);
  return ageMs >= 0 && ageMs <= o.maxAgeMs ? { snapshot, ageSeconds: ageMs / 1000 } : undefined;
};

/** Unix ms of the oldest fact that a check which judged something required. */
export const oldestFactAt = (snapshot: Snapshot): number =>
  Math.min(snapshot.at, ...snapshot.checks.filter(({ judged }) => judged.length > 0).map(({ factsAt }) => factsAt));
