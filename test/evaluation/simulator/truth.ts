import { createEngine, type Engine, type FaultState, nodeName } from './engine.ts';
import { onsetSeconds } from './onset.ts';
import type { CsvFormat, JobSpec, TruthFault } from './spec.ts';

/** Of a ramp only its top counts as the full fault. */
const FULL_STRENGTH = 0.95;

interface Sums {
  full: number;
  fullWithout: number;
  all: number;
  allWithout: number;
}

const slowdown = (withFault: number, without: number): number => (without > 0 ? withFault / without - 1 : 0);

const add = (sums: Sums, { part, spec, culprits, activity }: FaultState, seconds: number): void => {
  const working = part.activity === 'train' || part.activity === 'serve' || part.activity === 'one_gpu';
  if (!working || seconds < onsetSeconds(spec) || seconds >= (spec.clearSeconds ?? Number.POSITIVE_INFINITY)) return;
  const first = culprits[0]?.gpu.rank ?? 0;
  const alone = part.workload.barrier === 'none';
  const withFault = alone ? (part.own[first] ?? 0) : part.stepSeconds;
  const without = alone ? (part.ownWithoutFaults[first] ?? 0) : part.stepSecondsWithoutFaults;
  sums.all += withFault;
  sums.allWithout += without;
  if (activity < FULL_STRENGTH) return;
  sums.full += withFault;
  sums.fullWithout += without;
};

/** Columns that nobody asked for tell nothing; what slows the clock shows in the clock all the same. */
const isHidden = (cause: string, format: CsvFormat): boolean =>
  (cause === 'remapped_rows' && !format.remappedRows) || (cause === 'pcie_degraded' && format.columns === 'few');

const describe = (spec: JobSpec, engine: Engine, fault: FaultState, sums: Sums, startMs: number): TruthFault[] => {
  const { profile, spec: told, part } = fault;
  const ofGpu = told.gpu !== undefined && profile.scope === 'node' && profile.byPort === undefined;
  const scope = ofGpu ? 'gpu' : profile.scope;
  const places = scope === 'shared' ? [...new Set(fault.culprits.map(({ gpu }) => gpu.node))] : [told.node];
  const meanSlowdown = slowdown(sums.all, sums.allWithout);
  const common = {
    fault: told.kind,
    cause: profile.cause,
    jobId: part.jobId,
    scope: scope === 'shared' && engine.nodes.length < 2 ? 'node' : scope,
    onsetMs: startMs + 1000 * onsetSeconds(told),
    clearMs: startMs + 1000 * Math.min(told.clearSeconds ?? spec.durationSeconds, spec.durationSeconds),
    targetSlowdown: told.jobSlowdown,
    realisedSlowdown: sums.full > 0 ? slowdown(sums.full, sums.fullWithout) : meanSlowdown,
    meanSlowdown,
    visible: isHidden(profile.cause, spec.format) ? 'none' : profile.visible,
  } as const;
  if (scope === 'job') return [common];
  return places.map((node) => ({
    ...common,
    node: nodeName(node),
    ...(scope === 'gpu' && told.gpu !== undefined ? { gpuIndex: told.gpu } : {}),
  }));
};

/** Runs the job once without text, to know what its faults cost it. */
export const truthOf = (spec: JobSpec, seed: string, startMs: number): readonly TruthFault[] => {
  if (spec.faults.length === 0) return [];
  const engine = createEngine(spec, seed);
  const sums = engine.faults.map((): Sums => ({ full: 0, fullWithout: 0, all: 0, allWithout: 0 }));
  for (let seconds = 0; seconds < spec.durationSeconds; seconds += spec.intervalSeconds) {
    engine.advance();
    engine.faults.forEach((fault, i) => {
      add(sums[i] as Sums, fault, seconds);
    });
  }
  return engine.faults.flatMap((fault, i) => describe(spec, engine, fault, sums[i] as Sums, startMs));
};
