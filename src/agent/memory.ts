import { join } from 'node:path';
import { absent, known, type Reading } from '../api.ts';
import type { EngineMemory } from '../engine/engine.ts';
import { readJsonFile } from '../store/json-file.ts';
import { isMemory } from './memory-shape.ts';

const SCHEMA_VERSION = 1;

/** What the agent leaves for the next one: what the engine knows, and up to which event. */
export interface AgentMemory {
  readonly engine: EngineMemory;
  /** The last event that the engine's memory holds; what the store has beyond it is replayed. */
  readonly lastEventId: number;
}

/** The file of the agent's memory in its state directory. */
export const memoryFile = (stateDir: string): string => join(stateDir, 'state.json');

export const toFile = (memory: AgentMemory): unknown => ({ schema_version: SCHEMA_VERSION, ...memory });

/** A file of another version, or one that is not whole, is no memory. */
export const fromFile = (value: unknown): Reading<AgentMemory> => {
  const { schema_version, ...memory } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (schema_version !== SCHEMA_VERSION) return absent('failed', 'the state file is not of this version');
  return isMemory(memory) ? known(memory) : absent('failed', 'the state file does not hold what an agent writes');
};

/**
 * What an agent of this node knows or knew, for a run without one: what was acknowledged, suppressed, overwritten;
 * `no-history` where there never was one.
 */
export const loadMemory = async (stateDir: string): Promise<Reading<EngineMemory>> => {
  const read = await readJsonFile(memoryFile(stateDir));
  const memory = read.ok ? fromFile(read.value) : read;
  return memory.ok ? known(memory.value.engine) : memory;
};
