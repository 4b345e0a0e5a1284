import { withStandingCauses } from '../../src/agent/standing-causes.ts';
import type { Frame, GpuMinute, JobVerdictName } from '../../src/api.ts';
import type { FactMap } from '../../src/engine/snapshot.ts';
import { readQueryHeader } from '../../src/parse/nvidia-smi/query.ts';
import { createDetector } from '../../src/straggler/detector.ts';
import { createFrameBuilder, nextMinute } from '../../src/straggler/frames.ts';
import { createDetections } from './detections.ts';
import { createNodeState } from './node-state.ts';
import type { JobOutcome } from './scoring/score.ts';
import { simulate } from './simulator/simulate.ts';
import type { Scenario } from './suite.ts';

export interface Outcome extends JobOutcome {
  readonly kind: Scenario['kind'];
  readonly heldOut: boolean;
  /** How many minutes each verdict was given. */
  readonly verdicts: Readonly<Partial<Record<JobVerdictName, number>>>;
  readonly lines: number;
}

const NO_JOB = { jobId: '', role: 'all' } as const;

const byNode = (minutes: readonly GpuMinute[]): ReadonlyMap<string, readonly GpuMinute[]> => {
  const nodes = new Map<string, GpuMinute[]>();
  for (const minute of minutes) {
    const own = nodes.get(minute.ref.node ?? '');
    if (own === undefined) nodes.set(minute.ref.node ?? '', [minute]);
    else own.push(minute);
  }
  return nodes;
};

/** The job as its tools would print it, through parsers, windows, frames and detector, minute by minute. */
export const evaluate = (scenario: Scenario): Outcome => {
  const job = simulate(scenario.job, scenario.seed);
  const frames = createFrameBuilder();
  const detector = createDetector();
  const detections = createDetections();
  const verdicts: Partial<Record<JobVerdictName, number>> = {};
  const facts = new Map<string, FactMap>();
  const states = new Map(job.nodes.map(({ name }) => [name, createNodeState(name)]));
  const seats = new Map<string, { readonly jobId: string; readonly role: string }>();
  for (const { name, gpus } of job.nodes)
    for (const { uuid, jobId, role } of gpus) seats.set(`${name}/${uuid}`, { jobId, role });
  const columns = new Map(
    job.nodes.map(({ name, header }) => {
      const read = readQueryHeader(header);
      if (!read.ok) throw new Error(`${scenario.id}: ${read.detail}`);
      return [name, read.value] as const;
    }),
  );
  let lines = 0;
  let due = nextMinute(job.startMs);

  const judge = (atMs: number): void => {
    const frame = frames.frame(atMs, (ref) => seats.get(`${ref.node}/${ref.uuid}`) ?? NO_JOB);
    const gpus = [...byNode(frame.gpus)].flatMap(([node, own]) => {
      const known = facts.get(node);
      return known === undefined ? own : withStandingCauses(own, known);
    });
    const complete: Frame = { at: frame.at, gpus };
    const watch = detector.next(complete);
    for (const { verdict } of watch.jobs) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    detections.add(watch, atMs);
  };

  for (const tick of job.ticks()) {
    while (tick.atMs >= due) {
      judge(due);
      due += 60_000;
    }
    for (const { name, csv, files } of tick.nodes) {
      const state = states.get(name);
      if (files !== undefined && state !== undefined) facts.set(name, state(files));
      const layout = columns.get(name);
      if (layout === undefined || csv === '') continue;
      let from = 0;
      while (from < csv.length) {
        const end = csv.indexOf('\n', from);
        const to = end === -1 ? csv.length : end;
        const read = layout.read(csv, from, to);
        if (read.ok) {
          const { ref, model, sample } = read.value;
          frames.add(name, model === undefined || ref.model !== undefined ? ref : { ...ref, model }, sample);
          lines += 1;
        }
        from = to + 1;
      }
    }
  }
  judge(due);
  return {
    jobId: job.jobId,
    truth: scenario.job.faults.length === 0 ? [] : job.truth,
    detections: detections.all(),
    nodeHours: scenario.nodeHours,
    workload: scenario.workload,
    noise: scenario.noise,
    kind: scenario.kind,
    heldOut: scenario.heldOut,
    verdicts,
    lines,
  };
};
