import {
  type Absent,
  absent,
  type Component,
  defineCheck,
  type Effect,
  type EffectFeature,
  type GpuMinute,
  type JobVerdict,
  type Judgement,
  type Rule,
  type Straggler,
} from '../../src/api.ts';
import { condition, stay } from '../shared/rules.ts';
import { percent } from '../shared/sizes.ts';

type Code = 'suspect' | 'likely' | 'confirmed';
const CODES: readonly Code[] = ['suspect', 'likely', 'confirmed'];

/**
 * It is said of a GPU in its job. Where the job is over nobody can acquit it, and it holds nobody back: after as long as
 * the detector looks back, new jobs may start. straggler/repeat-offender remembers.
 */
const ofItsJob = (rule: Rule): Rule => ({ ...rule, lapsesAfterSeconds: 900 });

export default defineCheck({
  apiVersion: 1,
  id: 'straggler/lagging-gpu',
  title: 'GPU or node that holds its job back',
  why: 'In a synchronous job everybody waits for the slowest GPU at every step: one of thousands sets the pace of all, and no health check sees it.',
  source:
    'peers of one role under load, in windows of five minutes, 12 of 15 minutes; causes from the driver: "Not All GPUs Are Created Equal" (SC22), Minder (NSDI 2025), the what-if analysis of OSDI 2025',
  remedy:
    'Read the evidence first: a suspicion with one cause or one effect is worth a look, not a drain. Do what the next step says; where nothing was found, swap the node out of the next run of the job and compare the step time.',
  contexts: ['continuous', 'job'],
  requires: ['stragglers', 'gpuMinutes'],
  rules: {
    suspect: ofItsJob(condition('WARNING', 'May hold its job back', stay('watch'))),
    likely: ofItsJob(condition('WARNING', 'Likely to hold its job back', stay('watch'))),
    confirmed: ofItsJob(condition('CRITICAL', 'Holds its job back', stay('service'))),
  },
  // The detector counts minutes itself (12 of 15): to count once more would only be later.
  raise: { hits: 1, of: 1, clear: 1 },
  judge: ({ stragglers: { jobs, relativePerformance }, gpuMinutes }, { node }) => {
    const verdicts = new Map(jobs.map((job) => [job.jobId, job]));
    const stragglers = jobs.flatMap((job) => job.stragglers);
    const compared = new Set(relativePerformance.map(({ component }) => component.key));
    const gpus = gpuMinutes.flatMap((minute) => {
      const { ref, jobId } = minute;
      // A GPU that has gone over to another job holds that one back only where it is accused in it.
      const accused = worst(stragglers.filter((one) => one.component.key === ref.key && one.jobId === jobId));
      return judgeGpu(minute, accused, verdicts.get(jobId), compared.has(ref.key));
    });
    const ofNode = worst(stragglers.filter(({ component }) => component.kind === 'node'));
    return ofNode === undefined ? [...gpus, ...judgeNode(node, jobs)] : [...gpus, ...accuse(node, ofNode)];
  },
});

const worst = (stragglers: readonly Straggler[]): Straggler | undefined =>
  [...stragglers].sort((a, b) => CODES.indexOf(b.level) - CODES.indexOf(a.level))[0];

/** It is judged under every code, so that what was `suspect` before ends when it becomes `likely`. */
const accuse = (component: Component, straggler: Straggler): readonly Judgement<Code>[] =>
  CODES.map((code) =>
    code === straggler.level ? { finding: findingOf(component, code, straggler) } : { pass: component, code },
  );

const findingOf = (component: Component, code: Code, straggler: Straggler) => {
  const { message, nextStep, jobId, families, causes, effects, slowdown, firstSeen, impact } = straggler;
  const [first] = effects;
  return {
    component,
    code,
    message,
    ...(first === undefined ? {} : { observed: `${first.feature} ${SHOWN[first.feature](first.observed)}` }),
    ...(first === undefined ? {} : { expected: expectedOf(first) }),
    evidence: {
      ...(jobId === '' ? {} : { job_id: jobId }),
      families: families.join(' '),
      ...(causes.length === 0 ? {} : { causes: causes.map(({ detail }) => detail).join('; ') }),
      ...(effects.length === 0 ? {} : { effects: effects.map(deviationOf).join('; ') }),
      ...(impact === undefined ? {} : { impact }),
      slowdown: slowdown === undefined ? 'unknown' : `${percent(slowdown.low)} to ${percent(slowdown.high)}`,
      first_seen: new Date(firstSeen).toISOString(),
      next_step: nextStep,
    },
  };
};

const judgeGpu = (
  { ref, window }: GpuMinute,
  straggler: Straggler | undefined,
  job: JobVerdict | undefined,
  isCompared: boolean,
): readonly Judgement<Code>[] => {
  const unjudged = (because: Absent): readonly Judgement<Code>[] => [{ unjudged: ref, because }];
  if (window === undefined) return unjudged(absent('stale', 'nvidia-smi printed too little of it in the last 5 min'));
  if (straggler !== undefined) return accuse(ref, straggler);
  if (job === undefined || job.verdict === 'cannot_tell')
    return unjudged(absent('no-history', job?.reason ?? 'its job was not looked at'));
  // Idle in its job, or without peers: nobody knows how fast it is.
  if (!isCompared) return unjudged(absent('no-history', 'it was not compared: not busy, or no peers in its role'));
  return [{ pass: ref }];
};

/** The node is clean where one of its jobs could be looked at. */
const judgeNode = (node: Component, jobs: readonly JobVerdict[]): readonly Judgement<Code>[] =>
  jobs.some(({ verdict }) => verdict !== 'cannot_tell') ? [{ pass: node }] : [];

/** In the units in which nvidia-smi prints them. */
const SHOWN: Readonly<Record<EffectFeature, (value: number) => string>> = {
  sm_clock: (hertz) => `${Math.round(hertz / 1e6)} MHz`,
  sm_clock_p05: (hertz) => `${Math.round(hertz / 1e6)} MHz`,
  power: (watts) => `${Math.round(watts)} W`,
  busy: percent,
  temperature: (celsius) => `${Math.round(celsius)} °C`,
  step_time: (seconds) => `${Number(seconds.toPrecision(3))} s`,
};

const expectedOf = ({ feature, peerMedian, peers }: Effect): string =>
  `about ${SHOWN[feature](peerMedian)}, as ${peers === 0 ? 'in its own past' : `its ${peers} peers`}`;

/** A temperature deviates by kelvin: a share of degrees Celsius means nothing. */
const deviationOf = ({ feature, deviation, peers }: Effect): string => {
  const by = feature === 'temperature' ? `${Math.round(deviation * 10) / 10} K` : percent(deviation);
  return `${feature} ${by}${peers === 0 ? ' against its own past' : ''}`;
};
