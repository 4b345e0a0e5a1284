import { applyFault } from './effects.ts';
import { FAULT_PROFILES, type FaultProfile } from './fault-profiles.ts';
import { clearFaults, createGpu, type GpuState, type NodeAir } from './gpu-state.ts';
import { activityAt } from './onset.ts';
import { createPart, drawRouting, type PartState, sequenceFactors, usualCompute } from './part.ts';
import { PRODUCTS, type Product } from './products.ts';
import { between, heavyTailed, normal, type Random, randomOf } from './random.ts';
import { sampleLoad, sampleQuiet, sampleSpinning, sampleStep, THERMAL_SECONDS } from './sample.ts';
import { type Culprit, levelFor } from './severity.ts';
import type { FaultSpec, JobSpec } from './spec.ts';

export interface NodeState {
  readonly name: string;
  readonly product: Product;
  readonly gpus: readonly GpuState[];
  /** When in the interval this node is sampled. */
  readonly offsetSeconds: number;
  /** An idle node whose last GPUs stay at high clocks without work. */
  readonly stuckHigh: boolean;
  /** Share of the time in which some task waits, 0–1. */
  cpuPressure: number;
  ioPressure: number;
}

/** A fault of the spec, bound to the GPUs it hits. */
export interface FaultState {
  readonly spec: FaultSpec;
  readonly profile: FaultProfile;
  readonly part: PartState;
  readonly culprits: readonly Culprit[];
  readonly level: number;
  readonly share: number;
  /** 0–1, at the last tick. */
  activity: number;
}

export interface Engine {
  readonly nodes: readonly NodeState[];
  readonly parts: readonly PartState[];
  readonly faults: readonly FaultState[];
  /** Simulates one interval; the state of the nodes is then the sample at `seconds`. */
  readonly advance: () => void;
  readonly seconds: () => number;
}

export const nodeName = (position: number): string => `node-${String(position + 1).padStart(3, '0')}`;

const DAY_SECONDS = 86_400;
/** Time constant of the noise on the load; INVENTED, between a step and a window of the detector. */
const DRIFT_SECONDS = 60;
const DAILY = 0.02;

const culpritsOf = (fault: FaultSpec, scope: string, part: PartState, random: Random): readonly Culprit[] => {
  const hit = part.gpus.filter((gpu) => {
    if (scope === 'job') return true;
    if (scope === 'shared') return gpu.node < Math.max(1, Math.floor((part.gpus.at(-1)?.node ?? 0) / 2 + 0.5));
    return gpu.node === fault.node && (fault.gpu === undefined || gpu.index === fault.gpu);
  });
  const worst = Math.floor(random() * hit.length);
  return hit.map((gpu, i) => ({ gpu, weight: i === worst ? 1 : between(random, 0.6, 1) }));
};

export const createEngine = (spec: JobSpec, seed: string): Engine => {
  const random = randomOf(`${seed}/${spec.jobId}`);
  const { intervalSeconds, loadNoise, workload, neighbour } = spec;
  const firstSpeed = PRODUCTS[spec.products[0] ?? 'h100'].speed;
  const airs = spec.products.map(
    (): NodeAir => ({ inletCelsius: between(random, 21, 30), fan: between(random, 0.88, 1.12) }),
  );
  const perNode = spec.products.map((name) => PRODUCTS[name].gpusPerNode);

  const part = (jobId: string, its: typeof workload, from: number, to: number | undefined): PartState => {
    const seats = perNode.flatMap((count, node) =>
      Array.from({ length: Math.min(to ?? count, count) - from }, (_, i) => ({ node, index: from + i })),
    );
    return createPart(
      jobId,
      its,
      (layout) =>
        seats.map(({ node, index }, rank) => {
          const product: Product = PRODUCTS[spec.products[node] ?? 'h100'];
          const place = layout.places[rank];
          const air = airs[node];
          if (place === undefined || air === undefined) throw new Error(`${jobId}: rank ${rank} has no place`);
          return createGpu(product, random, { node, index, rank, place, speed: product.speed / firstSpeed }, air);
        }),
      seats.length,
      spec.durationSeconds,
      random,
    );
  };
  const parts = [
    part(spec.jobId, workload, 0, neighbour?.firstGpu),
    ...(neighbour === undefined ? [] : [part(neighbour.jobId, neighbour.workload, neighbour.firstGpu, undefined)]),
  ];

  const nodes = spec.products.map((name, position): NodeState => {
    const gpus = parts.flatMap(({ gpus }) => gpus.filter((gpu) => gpu.node === position));
    return {
      name: nodeName(position),
      product: PRODUCTS[name],
      gpus: gpus.sort((a, b) => a.index - b.index),
      offsetSeconds: between(random, 0, intervalSeconds * 0.9),
      stuckHigh: random() < 0.2,
      cpuPressure: 0,
      ioPressure: 0,
    };
  });

  // Its own stream: the levels must not shift what the healthy twin of this job draws.
  const severity = randomOf(`${seed}/${spec.jobId}/severity`);
  const faults = spec.faults.map((fault): FaultState => {
    const profile = FAULT_PROFILES[fault.kind];
    const its = parts.find(
      ({ gpus }) => fault.gpu === undefined || gpus.some((gpu) => gpu.node === fault.node && gpu.index === fault.gpu),
    );
    if (its === undefined) throw new Error(`${spec.jobId}: fault on node ${fault.node} GPU ${fault.gpu}: no such GPU`);
    const culprits = culpritsOf(fault, profile.scope, its, severity);
    return {
      spec: fault,
      profile,
      part: its,
      culprits,
      level: levelFor(its, culprits, profile.mechanism, loadNoise, fault.jobSlowdown, severity),
      share: between(severity, 0.15, 0.6),
      activity: 0,
    };
  });

  const rho = Math.exp(-intervalSeconds / DRIFT_SECONDS);
  const innovation = Math.sqrt(1 - rho * rho);
  const dayPhase = random() * DAY_SECONDS;
  const spikeChance = (spec.disturbances.spikesPerHour * intervalSeconds) / 3600;
  let tick = -1;
  let now = 0;
  const conditions = {
    intervalSeconds,
    loadNoise,
    daily: 1,
    inletKelvin: 0,
    spikeChance,
    warming: 1 - Math.exp(-intervalSeconds / THERMAL_SECONDS),
  };

  const layFaults = (): void => {
    for (const one of parts) one.slowerCommunication = 1;
    for (const node of nodes) {
      node.cpuPressure = 0.01 + 0.02 * random();
      node.ioPressure = 0.004 * random();
    }
    for (const fault of faults) for (const { gpu } of fault.culprits) clearFaults(gpu);
    for (const fault of faults) {
      fault.activity = activityAt(fault.spec, now);
      const turn = Math.floor(random() * fault.culprits.length);
      if (fault.activity <= 0) continue;
      const { spec: told, profile, part: its, share } = fault;
      const level = fault.level * fault.activity;
      if (profile.mechanism === 'communication') its.slowerCommunication *= 1 + level;
      const hit = profile.mechanism === 'rotating_gap' ? fault.culprits.slice(turn, turn + 1) : fault.culprits;
      for (const { gpu, weight } of hit) applyFault(gpu, its.workload, told.kind, profile, level * weight, share);
      const node = nodes[told.node];
      if (node === undefined || profile.pressure === undefined) continue;
      const pressure = Math.min(0.9, 0.15 + level / (1 + level)) * between(random, 0.8, 1.1);
      if (profile.pressure === 'cpu') node.cpuPressure = pressure;
      else node.ioPressure = pressure;
    }
  };

  const moveOn = (its: PartState): void => {
    let segment = its.schedule[its.segment];
    while (segment !== undefined && now >= segment.untilSeconds && its.segment < its.schedule.length - 1) {
      its.segment += 1;
      segment = its.schedule[its.segment];
    }
    its.activity = segment?.activity ?? 'train';
    its.activitySince = segment?.fromSeconds ?? 0;
    its.activityUntil = segment?.untilSeconds ?? 0;
    const { routing } = its;
    const { driftSeconds } = its.workload.routing;
    if (driftSeconds > 0 && now - routing.startedAt >= driftSeconds) {
      routing.from = routing.to;
      routing.to = drawRouting(its, random);
      routing.startedAt = now;
    }
  };

  /** Own time of each rank, then the barrier. */
  const stepTimes = (its: PartState): void => {
    const { workload: work, gpus, own, ownWithoutFaults, routing } = its;
    const sequence = work.sequenceNoise > 0 ? sequenceFactors(its, intervalSeconds, random) : undefined;
    const drifted = work.routing.driftSeconds > 0 ? (now - routing.startedAt) / work.routing.driftSeconds : -1;
    const gap = work.stepSeconds * work.gapShare;
    const shared = 0.25 * loadNoise;
    for (const gpu of gpus) {
      const { rank } = gpu;
      gpu.drift = rho * gpu.drift + innovation * heavyTailed(random);
      let factor = 1 + work.stepNoise * normal(random) + shared * gpu.drift;
      if (sequence !== undefined) factor *= sequence[gpu.place.replica] as number;
      if (drifted >= 0) {
        factor *= (1 - drifted) * (routing.from[rank] as number) + drifted * (routing.to[rank] as number);
      }
      const compute = usualCompute(work, gpu) * gpu.clockTime * Math.max(factor, 0.3);
      ownWithoutFaults[rank] = compute + gap;
      gpu.computeSeconds = compute * gpu.slower;
      gpu.gapSeconds = gap + gpu.extraGapSeconds;
      own[rank] = gpu.computeSeconds + gpu.gapSeconds;
    }
    const communication = work.stepSeconds * work.communicationShare;
    its.stepSecondsWithoutFaults = its.barrier.stepOf(ownWithoutFaults) + communication;
    its.stepSeconds = its.barrier.stepOf(own) + communication * its.slowerCommunication;
  };

  const samplePart = (its: PartState): void => {
    const { activity } = its;
    for (const gpu of its.gpus) {
      const { product } = gpu;
      const node = nodes[gpu.node] as NodeState;
      switch (activity) {
        case 'train': {
          const at = its.steps + node.offsetSeconds / its.stepSeconds;
          sampleStep(its, gpu, at - Math.floor(at), conditions, random);
          break;
        }
        case 'checkpoint':
          // One node writes, its GPUs copy to the host; the others wait on the CPU or in a collective.
          if (gpu.node === 0) sampleLoad(its, gpu, 0.06, 0.15, conditions, random);
          else if (its.workload.stepSeconds > 6) sampleSpinning(its, gpu, conditions, random);
          else sampleQuiet(gpu, product.readyWatts, product.maxSmMegahertz, conditions, random);
          break;
        case 'evaluation':
          sampleLoad(its, gpu, 0.93 - 0.06 * random(), its.workload.load * 0.62, conditions, random);
          break;
        case 'rollout': {
          // The last samples are finished by few: GPUs fall idle one after the other, each time in another order.
          const length = its.activityUntil - its.activitySince;
          const last = (gpu.rank * 0.618 + its.activitySince * 0.137) % 1;
          const done = (now - its.activitySince) / length > 0.6 + 0.4 * last;
          if (done) sampleQuiet(gpu, product.readyWatts, product.maxSmMegahertz, conditions, random);
          else sampleLoad(its, gpu, 0.9 - 0.2 * random(), 0.42, conditions, random);
          break;
        }
        case 'restart':
        case 'idle': {
          const stuck = node.stuckHigh && gpu.index >= product.gpusPerNode - 2;
          if (stuck) sampleQuiet(gpu, product.readyWatts * 1.2, product.maxSmMegahertz, conditions, random);
          else sampleQuiet(gpu, product.idleWatts, product.idleSmMegahertz, conditions, random);
          break;
        }
        case 'serve': {
          const wanted = 0.6 + 0.25 * Math.sin((2 * Math.PI * (now + dayPhase)) / 5400) + 0.12 * gpu.drift;
          const busy = wanted < 0.05 ? 0.05 : Math.min(wanted, 1);
          sampleLoad(its, gpu, busy, its.workload.load, conditions, random);
          break;
        }
        case 'one_gpu':
          if (gpu.index === 0) sampleLoad(its, gpu, 0.95, its.workload.load, conditions, random);
          else sampleQuiet(gpu, product.readyWatts, product.maxSmMegahertz, conditions, random);
          break;
      }
    }
  };

  const advance = (): void => {
    tick += 1;
    now = tick * intervalSeconds;
    const hour = Math.sin((2 * Math.PI * (now + dayPhase)) / DAY_SECONDS);
    conditions.daily = 1 + DAILY * hour;
    conditions.inletKelvin = 1.5 * hour;
    layFaults();
    for (const its of parts) {
      moveOn(its);
      stepTimes(its);
      if (its.activity === 'train') its.steps += intervalSeconds / its.stepSeconds;
      samplePart(its);
    }
  };

  return { nodes, parts, faults, advance, seconds: () => now };
};
