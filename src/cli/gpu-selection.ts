import type { Component } from '../api.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { usageError } from '../errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** In this order: what the launcher gave the job counts before what the process happens to see. */
const VARIABLES = ['SLURM_JOB_GPUS', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_VISIBLE_DEVICES'] as const;

export interface GpuSelection {
  readonly from: string;
  readonly wanted: readonly string[];
}

/** The GPUs that a validation is about; undefined is all of them. */
export const readSelection = (flag: string | undefined, env: Env): GpuSelection | undefined => {
  const variable = VARIABLES.find((name) => (env[name] ?? '') !== '');
  const [from, text] =
    flag !== undefined ? ['--gpus', flag] : variable !== undefined ? [variable, env[variable] ?? ''] : ['', 'all'];
  const wanted = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (wanted.length === 1 && wanted[0] === 'all') return undefined;
  if (wanted.length === 0 || wanted[0] === 'void' || wanted[0] === 'none') {
    throw usageError(`${from}=${text} selects no GPU; give indexes or UUIDs, or all`);
  }
  return { from, wanted };
};

/** CUDA accepts the beginning of a UUID; an old-style MIG UUID names its GPU. */
const matches = (gpu: Component, entry: string): boolean => {
  if (/^[0-9]+$/.test(entry)) return gpu.index === Number(entry);
  const uuid = entry.replace(/^MIG-(?=GPU-)/, '').split('/')[0] ?? entry;
  return gpu.uuid !== undefined && uuid.length > 'GPU-'.length && gpu.uuid.toLowerCase().startsWith(uuid.toLowerCase());
};

/** A filter over the GPUs that are there. New-style MIG UUIDs do not name their GPU: then every GPU counts. */
export const selectGpus = (
  selection: GpuSelection,
  gpus: readonly Component[],
): ((gpu: Component) => boolean) | undefined => {
  const { from, wanted } = selection;
  // Without GPUs that answer nothing can be matched; the verdict says why they do not.
  if (gpus.length === 0 || wanted.some((entry) => /^MIG-(?!GPU-)/.test(entry))) return undefined;
  const chosen = new Set(gpus.filter((gpu) => wanted.some((entry) => matches(gpu, entry))).map(({ key }) => key));
  if (chosen.size === 0) {
    const indexes = gpus.map(({ index }) => index).join(', ');
    throw usageError(
      `${from}=${wanted.join(',')} matches none of this node's GPUs (${indexes}); give indexes or UUIDs, or all`,
    );
  }
  return (gpu) => chosen.has(gpu.key);
};

/**
 * A container sees only the GPUs that it was given, while sysfs shows every GPU of the node. Where a selection names all
 * the GPUs that answer and the PCI bus has more, the others are not missing but somebody else's.
 */
export const withoutForeignGpus = (snapshot: Snapshot, { from, wanted }: GpuSelection): Snapshot => {
  const { gpus, pciGpus } = snapshot.facts;
  if (gpus?.ok !== true || pciGpus?.ok !== true || pciGpus.value.length <= gpus.value.length) return snapshot;
  const isGiven = ({ ref }: { readonly ref: Component }): boolean => wanted.some((entry) => matches(ref, entry));
  if (!gpus.value.every(isGiven)) return snapshot;
  const reason = `${from} gives this process ${gpus.value.length} of ${pciGpus.value.length} GPUs; the others are not its own`;
  return {
    ...snapshot,
    checks: snapshot.checks.map((check) =>
      check.id === 'gpu/missing-gpus'
        ? { ...check, severity: 'SKIPPED', reason, findings: [], unjudged: [], judged: [] }
        : check,
    ),
  };
};
