import { withStandingCauses } from '../../../src/agent/standing-causes.ts';
import type { Component, Frame, GpuMinute, JobVerdict, RankStep, Straggler, StragglerWatch } from '../../../src/api.ts';
import type { FactMap } from '../../../src/engine/snapshot.ts';
import { readQueryHeader } from '../../../src/parse/nvidia-smi/query.ts';
import { readStepHeader, readStepLine } from '../../../src/parse/step-times.ts';
import { createDetector } from '../../../src/straggler/detector.ts';
import { createEpisodes } from '../../../src/straggler/episodes.ts';
import { createFrameBuilder, type JobOf, nextMinute } from '../../../src/straggler/frames.ts';
import { createNodeState } from '../../evaluation/node-state.ts';
import { simulate, type Tick } from '../../evaluation/simulator/simulate.ts';
import type { JobSpec } from '../../evaluation/simulator/spec.ts';

/** What the nodes of one or more jobs printed. */
export interface Printed {
  readonly startMs: number;
  readonly nodes: readonly { readonly name: string; readonly header: string }[];
  readonly ticks: () => Iterable<Tick>;
  readonly jobOf: (ref: Component) => JobOf;
}

/** What the detector made of it. */
export interface Watched {
  /** Of the whole log, job by job, each straggler at its worst. */
  readonly jobs: readonly JobVerdict[];
  readonly watches: readonly StragglerWatch[];
  /** Names of what was `likely` or `confirmed` at any minute. */
  readonly accused: readonly string[];
  /** Names of what was a `suspect` at most. */
  readonly suspected: readonly string[];
  /** Of the first job. */
  readonly whole: JobVerdict;
  readonly last: JobVerdict;
}

export const nameOf = ({ kind, node, index }: Component): string =>
  kind === 'node' ? (node ?? '') : `${node} GPU ${index}`;

const namesOf = (jobs: readonly JobVerdict[], is: (one: Straggler) => boolean): readonly string[] =>
  [
    ...new Set(jobs.flatMap(({ stragglers }) => stragglers.filter(is)).map(({ component }) => nameOf(component))),
  ].sort();

const stepsOf = (text: string): readonly RankStep[] => {
  const [first = '', ...lines] = text.split('\n');
  const columns = readStepHeader(first);
  if (!columns.ok) throw new Error(columns.detail);
  return lines.map((line) => {
    const step = readStepLine(columns.value, line);
    if (!step.ok) throw new Error(`${line}: ${step.detail}`);
    return step.value;
  });
};

/** Parsers, windows, frames and detector over everything that was printed, a verdict a minute. */
export const watch = (
  printed: Printed,
  o: { readonly steps?: string; readonly detector?: ReturnType<typeof createDetector> } = {},
): Watched => {
  const frames = createFrameBuilder();
  const detector = o.detector ?? createDetector();
  const episodes = createEpisodes();
  const steps = o.steps === undefined ? undefined : stepsOf(o.steps);
  const watches: StragglerWatch[] = [];
  const facts = new Map<string, FactMap>();
  const states = new Map(printed.nodes.map(({ name }) => [name, createNodeState(name)]));
  const columns = new Map(
    printed.nodes.map(({ name, header }) => {
      const read = readQueryHeader(header);
      if (!read.ok) throw new Error(read.detail);
      return [name, read.value] as const;
    }),
  );

  const withCausesOfNodes = (minutes: readonly GpuMinute[]): readonly GpuMinute[] =>
    printed.nodes.flatMap(({ name }) => {
      const own = minutes.filter(({ ref }) => ref.node === name);
      const known = facts.get(name);
      return known === undefined ? own : withStandingCauses(own, known);
    });

  const judge = (atMs: number): void => {
    const { at, gpus } = frames.frame(atMs, printed.jobOf);
    const frame: Frame = { at, gpus: withCausesOfNodes(gpus) };
    const [jobId = ''] = frame.gpus.map((gpu) => gpu.jobId);
    const seen = detector.next(frame, steps === undefined ? undefined : new Map([[jobId, steps]]));
    watches.push(seen);
    episodes.add(seen, atMs);
  };

  let due = nextMinute(printed.startMs);
  for (const { atMs, nodes } of printed.ticks()) {
    for (; atMs >= due; due += 60_000) judge(due);
    for (const { name, csv, files } of nodes) {
      if (files !== undefined) facts.set(name, states.get(name)?.(files) ?? {});
      for (const line of csv === '' ? [] : csv.split('\n')) {
        const read = columns.get(name)?.read(line, 0, line.length);
        if (read?.ok !== true) throw new Error(`${line}: ${read?.detail}`);
        frames.add(name, read.value.ref, read.value.sample);
      }
    }
  }
  judge(due);

  const jobs = episodes.verdicts();
  const [whole] = jobs;
  const last = watches.at(-1)?.jobs.find(({ jobId }) => jobId === whole?.jobId);
  if (whole === undefined || last === undefined) throw new Error('nothing was printed');
  return {
    jobs,
    watches,
    accused: namesOf(jobs, ({ level }) => level !== 'suspect'),
    suspected: namesOf(jobs, ({ level }) => level === 'suspect'),
    whole,
    last,
  };
};

/** A simulated job as its nodes print it. */
export const printedBy = (spec: JobSpec, seed = 's'): Printed => {
  const job = simulate(spec, seed);
  const seats = new Map(job.nodes.flatMap(({ gpus }) => gpus.map(({ uuid, jobId, role }) => [uuid, { jobId, role }])));
  return {
    startMs: job.startMs,
    nodes: job.nodes,
    ticks: job.ticks,
    jobOf: ({ uuid = '' }) => seats.get(uuid) ?? { jobId: job.jobId, role: 'all' },
  };
};

export const watchJob = (spec: JobSpec, seed = 's'): Watched => watch(printedBy(spec, seed));

/** How many minutes each verdict was given to the first job. */
export const minutesOf = ({ watches, whole }: Watched, verdict: JobVerdict['verdict']): number =>
  watches.filter(({ jobs }) => jobs.some((job) => job.jobId === whole.jobId && job.verdict === verdict)).length;

export const stragglerOf = ({ jobs }: Watched, name: string): Straggler | undefined =>
  jobs.flatMap(({ stragglers }) => stragglers).find(({ component }) => nameOf(component) === name);
