import { csvWriter } from './csv.ts';
import { answersOf } from './disturb.ts';
import { createEngine, type NodeState } from './engine.ts';
import { type NodeFiles, nodeFilesOf } from './node-files.ts';
import { normal, randomOf } from './random.ts';
import type { JobSpec, TruthFault } from './spec.ts';
import { stamper } from './stamp.ts';
import { truthOf } from './truth.ts';

export interface SimulatedGpu {
  readonly index: number;
  readonly uuid: string;
  readonly pciBusId: string;
  /** Not always that of the spec: a neighbour may have the last GPUs of each node. */
  readonly jobId: string;
  /** `all` where the job does not tell. */
  readonly role: string;
}

export interface SimulatedNode {
  readonly name: string;
  readonly product: string;
  readonly header: string;
  readonly gpus: readonly SimulatedGpu[];
}

export interface NodeTick {
  readonly name: string;
  /** One line a GPU without a line break at the end; empty for a lost scrape. */
  readonly csv: string;
  /** Once a minute. */
  readonly files?: NodeFiles;
}

export interface Tick {
  readonly atMs: number;
  readonly nodes: readonly NodeTick[];
}

/** `seconds`: what the rank itself took for the step, without waiting. */
export interface SimulatedStep {
  readonly step: number;
  readonly rank: number;
  readonly seconds: number;
  readonly node: string;
  readonly gpu: number;
  readonly role: string;
  readonly atMs: number;
}

export interface SimulatedJob {
  readonly jobId: string;
  readonly nodes: readonly SimulatedNode[];
  readonly intervalSeconds: number;
  readonly durationSeconds: number;
  readonly startMs: number;
  /** Computed when first asked for: it runs the job once. */
  readonly truth: readonly TruthFault[];
  readonly ticks: () => Iterable<Tick>;
  /** Of the job itself, not of its neighbour. */
  readonly steps: () => Iterable<SimulatedStep>;
}

const START_MS = Date.UTC(2026, 0, 5);
const FILES_SECONDS = 60;

function* ticksOf(spec: JobSpec, seed: string, startMs: number): Iterable<Tick> {
  const engine = createEngine(spec, seed);
  const writer = csvWriter(spec.format);
  const { intervalSeconds, disturbances } = spec;
  const observed = engine.nodes.map((node, position) => ({
    node,
    answer: answersOf(spec, position, randomOf(`${seed}/${spec.jobId}/${node.name}/scrapes`)),
    files: nodeFilesOf(node, position, engine.faults, seed),
    gpus: node.gpus.map((gpu) => ({ gpu, lineAt: writer.linesOf(gpu) })),
    stamp: stamper(),
    resets: disturbances.counterResets.filter((reset) => reset.node === position).map(({ atSeconds }) => atSeconds),
    vanished: disturbances.vanished.filter((gone) => gone.node === position),
  }));

  const reset = (node: NodeState): void => {
    for (const gpu of node.gpus) {
      gpu.powerCapMicroseconds = 0;
      gpu.softwareThermalMicroseconds = 0;
      gpu.hardwareThermalMicroseconds = 0;
      gpu.brakeMicroseconds = 0;
    }
  };

  for (let seconds = 0; seconds < spec.durationSeconds; seconds += intervalSeconds) {
    engine.advance();
    const atMs = startMs + seconds * 1000;
    const withFiles = seconds % FILES_SECONDS < intervalSeconds;
    const nodes: NodeTick[] = [];
    for (const { node, answer, files, gpus, stamp, resets, vanished } of observed) {
      for (const at of resets) if (seconds >= at && seconds - intervalSeconds < at) reset(node);
      for (const { gpu: index, atSeconds } of vanished) {
        const lost = node.gpus[index];
        if (lost !== undefined) lost.gone = seconds >= atSeconds;
      }
      const late = answer(seconds);
      let csv = '';
      if (late > 0) {
        const from = atMs + Math.floor((node.offsetSeconds + late) * 1000);
        let position = 0;
        for (const { gpu, lineAt } of gpus) {
          if (gpu.gone) continue;
          // nvidia-smi asks one GPU after the other.
          const line = lineAt(stamp(from + 3 * position));
          csv = position === 0 ? line : `${csv}\n${line}`;
          position += 1;
        }
      }
      nodes.push(withFiles ? { name: node.name, csv, files: files() } : { name: node.name, csv });
    }
    yield { atMs, nodes };
  }
}

function* stepsOf(spec: JobSpec, seed: string, startMs: number): Iterable<SimulatedStep> {
  const engine = createEngine(spec, seed);
  const random = randomOf(`${seed}/${spec.jobId}/steps`);
  const part = engine.parts[0];
  if (part === undefined) return;
  const names = engine.nodes.map(({ name }) => name);
  for (let seconds = 0; seconds < spec.durationSeconds; seconds += spec.intervalSeconds) {
    const before = Math.floor(part.steps);
    engine.advance();
    const after = Math.floor(part.steps);
    for (let step = before; step < after; step++) {
      const atMs =
        startMs + Math.round(1000 * (seconds + ((step - before + 1) / (after - before)) * spec.intervalSeconds));
      for (const gpu of part.gpus) {
        const own = part.own[gpu.rank] ?? 0;
        yield {
          step,
          rank: gpu.rank,
          seconds: own * Math.max(0.5, 1 + part.workload.stepNoise * normal(random)),
          node: names[gpu.node] ?? '',
          gpu: gpu.index,
          role: spec.rolesKnown ? gpu.place.role.name : 'all',
          atMs,
        };
      }
    }
  }
}

/** A training job and the text that its nodes print while it runs: the same spec and seed give the same text. */
export const simulate = (spec: JobSpec, seed: string): SimulatedJob => {
  const startMs = spec.startMs ?? START_MS;
  const engine = createEngine(spec, seed);
  const { header } = csvWriter(spec.format);
  const jobOf = new Map(engine.parts.flatMap(({ jobId, gpus }) => gpus.map((gpu) => [gpu, jobId] as const)));
  let truth: readonly TruthFault[] | undefined;
  return {
    jobId: spec.jobId,
    nodes: engine.nodes.map((node) => ({
      name: node.name,
      product: node.product.name,
      header,
      gpus: node.gpus.map((gpu) => ({
        index: gpu.index,
        uuid: gpu.uuid,
        pciBusId: gpu.product.pciBusIds[gpu.index] ?? '',
        jobId: jobOf.get(gpu) ?? spec.jobId,
        role: spec.rolesKnown ? gpu.place.role.name : 'all',
      })),
    })),
    intervalSeconds: spec.intervalSeconds,
    durationSeconds: spec.durationSeconds,
    startMs,
    get truth() {
      truth ??= truthOf(spec, seed, startMs);
      return truth;
    },
    ticks: () => ticksOf(spec, seed, startMs),
    steps: () => stepsOf(spec, seed, startMs),
  };
};
