import { type Absent, absent, type Component, type Gpu, known, type Raw } from '../../api.ts';
import type { UnreachableGpu } from './errors.ts';
import { readGpu } from './gpu.ts';
import { leavesOf } from './leaves.ts';

const NOTHING = { id: '', leaves: new Map<string, string>(), branches: new Set<string>(), processes: [] };

/** A record in which each reading is the same absence; only the component is known. */
const allAbsent = (ref: Component, why: Absent): Raw<Gpu> => {
  const fill = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if ('ok' in value) return why;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner)]));
  };
  const { ref: _, ...readings } = readGpu(leavesOf(NOTHING, undefined), ref, why);
  return { ref, ...(fill(readings) as Omit<Raw<Gpu>, 'ref'>) };
};

/** A GPU that only an error line names. */
export const unreachable = (gpu: UnreachableGpu): Raw<Gpu> => {
  const ref: Component = {
    kind: 'gpu',
    key: `gpu:${gpu.pciBusId ?? gpu.printed}`,
    ...(gpu.pciBusId === undefined ? {} : { pciBusId: gpu.pciBusId }),
  };
  const why = absent(gpu.health === undefined ? 'denied' : 'lost', `${gpu.printed}: ${gpu.words}`);
  const entry = allAbsent(ref, why);
  return gpu.health === undefined ? entry : { ...entry, health: known(gpu.health) };
};

/** A GPU that comes after the point where the output ended: attached, by its index, and nothing else is known. */
export const unread = (index: number): Raw<Gpu> =>
  allAbsent(
    { kind: 'gpu', key: `gpu:#${index}`, index },
    absent('failed', `output ended early, before the GPU with index ${index}`),
  );
