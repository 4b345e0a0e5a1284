import type { Cause, CauseKind, GpuMinute } from '../api.ts';
import { countBy } from './group-by.ts';
import { RULES } from './rules.ts';

/** What a node has, all of its GPUs have. */
const NODE_WIDE: ReadonlySet<CauseKind> = new Set(['host_pressure', 'link_degraded']);
/** Static state that more than half of a job has is somebody's will. Throttle time is nobody's. */
const NEVER_COMMON: ReadonlySet<CauseKind> = new Set(['thermal_throttle', 'power_brake']);
/** A cause of this share of a node's GPUs is the node's. */
const NODE_SHARE = 0.75;

/** Causes of one minute, sorted by whose they are. */
export interface JobCauses {
  /** Of this GPU alone. */
  own(minute: GpuMinute): readonly Cause[];
  /** Of whole nodes, by name. */
  readonly nodes: ReadonlyMap<string, readonly Cause[]>;
  /** Whether anything may hold it down, its own or its node's. */
  has(minute: GpuMinute): boolean;
  /** What is no cause because most have it: how many GPUs, by kind. */
  readonly common: ReadonlyMap<CauseKind, number>;
}

export const byKind = (causes: readonly Cause[]): readonly Cause[] =>
  causes.length < 2 ? causes : [...new Map(causes.map((cause) => [cause.kind, cause])).values()];

export const causesOfJob = (minutes: readonly GpuMinute[]): JobCauses => {
  const total = countBy(
    minutes.flatMap(({ causes }) => byKind(causes)),
    ({ kind }) => kind,
  );
  const gpusOf = countBy(minutes, ({ ref }) => ref.node ?? '');
  const ofNode = new Map<string, Map<CauseKind, { gpus: number; cause: Cause }>>();
  for (const { ref, causes } of minutes) {
    const node = ref.node ?? '';
    for (const cause of byKind(causes)) {
      const kinds = ofNode.get(node) ?? new Map<CauseKind, { gpus: number; cause: Cause }>();
      kinds.set(cause.kind, { gpus: (kinds.get(cause.kind)?.gpus ?? 0) + 1, cause });
      ofNode.set(node, kinds);
    }
  }
  const isOneNode = gpusOf.size === 1;
  // How this job's machines are set up: no reason for one of them to be slower than the others.
  const isCommon = (kind: CauseKind): boolean =>
    !NEVER_COMMON.has(kind) &&
    !(isOneNode && NODE_WIDE.has(kind)) &&
    (total.get(kind) ?? 0) > RULES.commonShare * minutes.length;

  const nodes = new Map<string, readonly Cause[]>();
  for (const [node, kinds] of ofNode) {
    const gpus = gpusOf.get(node) ?? 0;
    const wide = [...kinds.values()].filter(({ gpus: having, cause: { kind } }) => {
      if (isCommon(kind)) return false;
      return NODE_WIDE.has(kind) || (!isOneNode && gpus > 1 && having >= NODE_SHARE * gpus);
    });
    if (wide.length > 0)
      nodes.set(
        node,
        wide.map(({ cause }) => cause),
      );
  }
  return {
    own: ({ causes }) =>
      causes.length === 0 ? causes : causes.filter(({ kind }) => !NODE_WIDE.has(kind) && !isCommon(kind)),
    nodes,
    has: ({ causes }) => causes.some(({ kind }) => !isCommon(kind)),
    common: new Map([...total].filter(([kind]) => isCommon(kind))),
  };
};
