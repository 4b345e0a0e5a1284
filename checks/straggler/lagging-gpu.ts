import {
  absent,
  type Component,
  defineCheck,
  type JobVerdict,
  type Judgement,
  type Rule,
  type Straggler,
} from '../../src/api.ts';
import { condition, stay } from '../shared/rules.ts';

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
  judge: ({ stragglers: { jobs }, gpuMinutes }, { node }) => {
    const verdicts = new Map(jobs.map((job) => [job.jobId, job]));
    const accused = new Map(
      jobs.flatMap(({ stragglers }) => stragglers).map((one) => [one.component.key, one] as const),
    );
    const gpus = gpuMinutes.flatMap(({ ref, jobId }) => judgeGpu(ref, accused.get(ref.key), verdicts.get(jobId)));
    const ofNode = jobs.flatMap(({ stragglers }) => stragglers).find(({ component }) => component.kind === 'node');
    return ofNode === undefined ? [...gpus, ...judgeNode(node, jobs)] : [...gpus, ...accuse(node, ofNode)];
  },
});

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
    ...(first === undefined ? {} : { observed: `${first.feature} ${shown(first.observed)}` }),
    ...(first === undefined ? {} : { expected: `about ${shown(first.peerMedian)}, as its ${first.peers} peers` }),
    evidence: {
      ...(jobId === '' ? {} : { job_id: jobId }),
      families: families.join(' '),
      ...(causes.length === 0 ? {} : { causes: causes.map(({ detail }) => detail).join('; ') }),
      ...(effects.length === 0
        ? {}
        : { effects: effects.map(({ feature, deviation }) => `${feature} ${percent(deviation)}`).join('; ') }),
      ...(impact === undefined ? {} : { impact }),
      slowdown: slowdown === undefined ? 'unknown' : `${percent(slowdown.low)} to ${percent(slowdown.high)}`,
      first_seen: new Date(firstSeen).toISOString(),
      next_step: nextStep,
    },
  };
};

const judgeGpu = (
  ref: Component,
  straggler: Straggler | undefined,
  job: JobVerdict | undefined,
): readonly Judgement<Code>[] => {
  if (straggler !== undefined) return accuse(ref, straggler);
  if (job === undefined || job.verdict === 'cannot_tell')
    return [{ unjudged: ref, because: absent('no-history', job?.reason ?? 'its job was not looked at') }];
  return [{ pass: ref }];
};

/** The node is clean where one of its jobs could be looked at. */
const judgeNode = (node: Component, jobs: readonly JobVerdict[]): readonly Judgement<Code>[] =>
  jobs.some(({ verdict }) => verdict !== 'cannot_tell') ? [{ pass: node }] : [];

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
/** Three digits tell what differs: 1.56e9 Hz are 1560000000. */
const shown = (value: number): string => `${Number(value.toPrecision(3))}`;
