import type { JobTargets } from './jobs.ts';

/**
 * Nodes that are asked for in one request: 2.7 MB of answer for nodes with 4 GPUs. From 64 to 512 a server takes the same
 * time for all of them together (measured); fewer hold less memory.
 */
const NODES_A_REQUEST = 128;
/** Small jobs are read together until they are this many nodes. */
const NODES_A_BATCH = 512;

/** The jobs in groups that are read together; a job is never split. */
export const batchesOf = (jobs: readonly JobTargets[]): readonly (readonly JobTargets[])[] => {
  const batches: JobTargets[][] = [];
  let nodes = Number.POSITIVE_INFINITY;
  for (const job of jobs) {
    nodes += job.instancesOfNode.size;
    if (nodes > NODES_A_BATCH) {
      batches.push([]);
      nodes = job.instancesOfNode.size;
    }
    batches.at(-1)?.push(job);
  }
  return batches;
};

/** The instances of all jobs of a batch, in groups of as many nodes as are asked for at once. */
export const chunksOf = (batch: readonly JobTargets[]): readonly (readonly string[])[] => {
  const nodes = new Map<string, Set<string>>();
  for (const { instancesOfNode } of batch)
    for (const [node, instances] of instancesOfNode) {
      const known = nodes.get(node) ?? new Set<string>();
      nodes.set(node, known);
      for (const instance of instances) known.add(instance);
    }
  const all = [...nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  return Array.from({ length: Math.ceil(all.length / NODES_A_REQUEST) }, (_, chunk) => [
    ...new Set(all.slice(chunk * NODES_A_REQUEST, (chunk + 1) * NODES_A_REQUEST).flatMap(([, names]) => [...names])),
  ]);
};
