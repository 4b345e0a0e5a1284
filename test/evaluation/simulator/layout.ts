import type { Role, Workload } from './workload.ts';

/** Where a rank stands: the ranks of a tensor-parallel group wait for each other in every layer. */
export interface Place {
  readonly stage: number;
  readonly replica: number;
  /** `replica * stages + stage`. */
  readonly group: number;
  readonly role: Role;
}

export interface Layout {
  readonly places: readonly Place[];
  readonly stages: number;
  readonly replicas: number;
}

/** Megatron's order of ranks: tensor first, then data, then pipeline; inside one node the pipeline goes before data. */
export const layoutOf = (workload: Workload, ranks: number): Layout => {
  const { tensorParallel, pipelineStages: stages, pipelineInNode } = workload;
  const replicas = ranks / (tensorParallel * stages);
  if (!Number.isInteger(replicas)) {
    throw new Error(`${workload.name}: ${ranks} ranks do not divide into ${tensorParallel} x ${stages}`);
  }
  const places = Array.from({ length: ranks }, (_, rank): Place => {
    const block = Math.floor(rank / tensorParallel);
    const stage = pipelineInNode ? block % stages : Math.floor(block / replicas);
    const replica = pipelineInNode ? Math.floor(block / stages) : block % replicas;
    return { stage, replica, group: replica * stages + stage, role: workload.roleOf(stage, stages, replica, replicas) };
  });
  return { places, stages, replicas };
};
