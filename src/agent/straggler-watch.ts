import {
  absent,
  type Collector,
  defineCollector,
  type GpuMinute,
  type Host,
  known,
  type StepTime,
  type StragglerWatch,
} from '../api.ts';
import { type GpuJob, readGpuJobs } from '../collectors/gpu-jobs/gpu-jobs.ts';
import { createSampleFollower } from '../collectors/gpu-samples.ts';
import type { FactMap } from '../engine/snapshot.ts';
import { createDetector } from '../straggler/detector.ts';
import { createFrameBuilder } from '../straggler/frames.ts';
import { RULES } from '../straggler/rules.ts';
import type { Baselines } from '../straggler/slots.ts';
import { withoutIdleJobs } from './idle-jobs.ts';
import { ranksOfJobs } from './rank-gpus.ts';
import { withStandingCauses } from './standing-causes.ts';

/** The source of `gpuMinutes` and `stragglers`, as configuration and metrics name it. */
export const FOLLOWER = 'nvidia-smi-follow';

const EVERY_SECONDS = 60;
/** Whoever asks in between (`muster control collect`) gets the minute that is there: persistence is counted in minutes. */
const SOONEST_MS = 45_000;
/** The wall clock was set, not slewed: NTP steps from 128 ms on, suspends take seconds. */
const CLOCK_STEP_MS = 30_000;
/**
 * One `nvidia-smi -q -x` that fails tells of no process that ended, and a job whose minutes lose their name begins anew.
 * Five minutes are the window: what is older says nothing of who works now.
 */
const KEEP_JOBS_MS = 300_000;
/** As long as minutes are remembered: a job that posts no more steps is not confirmed by its old ones. */
const STEPS_MS = RULES.rememberMinutes * 60_000;
const NOBODY: StragglerWatch = { jobs: [], relativePerformance: [] };
const NONE = { jobId: '', role: 'all' } as const;

export interface FollowedGpus extends Collector<'gpuMinutes' | 'stragglers'> {
  /** What each GPU and slot of this node was while it was healthy. */
  readonly baselines: Pick<Baselines, 'save' | 'restore'>;
}

interface Minute {
  readonly gpuMinutes: readonly GpuMinute[];
  readonly stragglers: StragglerWatch;
}

/**
 * What the jobs of this node look like: follows the GPUs, and once a minute says how each did and who holds its job back.
 * It follows for as long as it is asked.
 */
export const createStragglerWatch = (o: {
  readonly host: Host;
  /** What is known of the node besides. */
  readonly facts: () => FactMap;
  readonly steps: () => readonly StepTime[];
  readonly mappingDirectory: () => string | undefined;
  readonly monotonicMs: () => number;
}): FollowedGpus => {
  const { host, monotonicMs } = o;
  let frames = createFrameBuilder();
  let detector = createDetector();
  let last: { readonly minute: Minute; readonly atMs: number } | undefined;
  let lastJobs: { readonly jobs: readonly GpuJob[]; readonly atMs: number } | undefined;
  let clockOffsetMs: number | undefined;
  const follower = createSampleFollower({
    host,
    monotonicMs,
    onSample: ({ ref, sample }) => frames.add('', ref, sample),
  });

  /** Windows of two clocks cannot be laid side by side: after the clock was set all but the baselines begins anew. */
  const followClock = (): void => {
    const offsetMs = host.now() - monotonicMs();
    if (clockOffsetMs !== undefined && Math.abs(offsetMs - clockOffsetMs) > CLOCK_STEP_MS) {
      frames = createFrameBuilder();
      const known = detector.baselines.save();
      detector = createDetector();
      detector.baselines.restore(known);
      last = undefined;
    }
    clockOffsetMs = offsetMs;
  };

  const jobs = async (facts: FactMap): Promise<readonly GpuJob[]> => {
    const mappingDirectory = o.mappingDirectory();
    const { gpus } = facts;
    if (gpus?.ok !== true)
      return lastJobs !== undefined && monotonicMs() - lastJobs.atMs <= KEEP_JOBS_MS ? lastJobs.jobs : [];
    const found = await readGpuJobs(host, gpus.value, mappingDirectory === undefined ? {} : { mappingDirectory });
    lastJobs = { jobs: found, atMs: monotonicMs() };
    return found;
  };

  const nextMinute = async (): Promise<Minute> => {
    const facts = o.facts();
    const atWork = await jobs(facts);
    const latest = o.steps().filter((step) => host.now() - step.at < STEPS_MS);
    const { steps, roles } = ranksOfJobs(latest, atWork);
    const jobOf = new Map(
      atWork.map(({ ref, jobId, role }) => [ref.key, { jobId, role: roles.get(ref.key) ?? role ?? 'all' }]),
    );
    const { at, gpus } = frames.frame(host.now(), ({ key }) => jobOf.get(key) ?? NONE);
    const gpuMinutes = withStandingCauses(gpus, facts);
    // Before the first sample there is no frame: a job that the first one shows was there before, and is warm.
    const stragglers = gpus.length === 0 ? NOBODY : detector.next({ at, gpus: gpuMinutes }, steps);
    return { gpuMinutes, stragglers: withoutIdleJobs(stragglers, gpuMinutes) };
  };

  const collector = defineCollector({
    apiVersion: 1,
    id: FOLLOWER,
    provides: ['gpuMinutes', 'stragglers'],
    reads: 'nvidia-smi --query-gpu=… -l 5; /proc/PID/{cgroup,environ} of what computes; the job mapping directory',
    schedule: { everySeconds: EVERY_SECONDS },
    deadlineMs: 10_000,
    sheddable: true,
    async collect() {
      followClock();
      follower.start();
      if (last === undefined || monotonicMs() - last.atMs >= SOONEST_MS) {
        const atMs = monotonicMs();
        last = { minute: await nextMinute(), atMs };
      }
      const { gpuMinutes, stragglers } = last.minute;
      if (gpuMinutes.some(({ window }) => window !== undefined))
        return { gpuMinutes: known(gpuMinutes), stragglers: known(stragglers) };
      const nothing = follower.trouble() ?? absent('no-history', 'the first samples of the GPUs are awaited');
      return { gpuMinutes: nothing, stragglers: nothing };
    },
    release: () => follower.stop(),
  });
  return {
    ...collector,
    baselines: {
      save: () => detector.baselines.save(),
      restore: (saved) => detector.baselines.restore(saved),
    },
  };
};
