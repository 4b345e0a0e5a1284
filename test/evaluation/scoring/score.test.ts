import { describe, expect, test } from 'vitest';
import type { TruthFault } from '../simulator/spec.ts';
import type { Detection } from './match.ts';
import { costsAtLeast, isHardwareFault, type JobOutcome, score, severityOf } from './score.ts';
import { scoreTable } from './table.ts';

const MINUTE = 60_000;

const fault = (changes: Partial<TruthFault> = {}): TruthFault => ({
  fault: 'thermal',
  cause: 'thermal_throttle',
  jobId: 'job-1',
  scope: 'gpu',
  node: 'node-002',
  gpuIndex: 3,
  onsetMs: 60 * MINUTE,
  clearMs: 120 * MINUTE,
  targetSlowdown: 0.1,
  realisedSlowdown: 0.1,
  meanSlowdown: 0.1,
  visible: 'telemetry',
  ...changes,
});

const ofNode = (changes: Partial<TruthFault> = {}): TruthFault => {
  const { gpuIndex: _, ...rest } = fault({ fault: 'cpu_hog', cause: 'host_pressure', scope: 'node', ...changes });
  return rest;
};

const detection = (changes: Partial<Detection> = {}): Detection => ({
  jobId: 'job-1',
  node: 'node-002',
  gpuIndex: 3,
  level: 'likely',
  causes: ['thermal_throttle'],
  slowdown: { estimate: 0.08, low: 0, high: 0.12 },
  firstAtMs: 70 * MINUTE,
  untilMs: 130 * MINUTE,
  ...changes,
});

const outcome = (changes: Partial<JobOutcome> = {}): JobOutcome => ({
  jobId: 'job-1',
  truth: [fault()],
  detections: [detection()],
  nodeHours: 11,
  workload: 'data_parallel',
  noise: '2 %',
  ...changes,
});

const likely = (outcomes: readonly JobOutcome[], counts?: (fault: TruthFault) => boolean) => {
  const found = score(outcomes, counts === undefined ? {} : { counts }).find(({ level }) => level === 'likely');
  if (found === undefined) throw new Error('no score of likely');
  return found;
};

describe('a detection', () => {
  const hits = (one: Detection, truth: TruthFault = fault()): readonly [number, number] => {
    const { recall, falseAlarms } = likely([outcome({ truth: [truth], detections: [one] })]);
    return [recall.hits, falseAlarms.count];
  };

  test('of the GPU that is ill finds it', () => expect(hits(detection())).toEqual([1, 0]));
  test('of another GPU of its node is a false alarm', () => expect(hits(detection({ gpuIndex: 4 }))).toEqual([0, 1]));
  test('of the whole node does not find one GPU', () => {
    const { gpuIndex: _, ...node } = detection();
    expect(hits(node)).toEqual([0, 1]);
  });
  test('of any GPU finds a fault of its node', () =>
    expect(hits(detection({ gpuIndex: 7 }), ofNode())).toEqual([1, 0]));
  test('of another node is a false alarm', () =>
    expect(hits(detection({ node: 'node-001' }), ofNode())).toEqual([0, 1]));
  test('of another job is a false alarm', () => expect(hits(detection({ jobId: 'job-2' }))).toEqual([0, 1]));
  test('before the onset is a false alarm', () => expect(hits(detection({ firstAtMs: 59 * MINUTE }))).toEqual([0, 1]));
  test('a quarter of an hour after the end still counts, later not', () => {
    expect(hits(detection({ firstAtMs: 135 * MINUTE }))).toEqual([1, 0]);
    expect(hits(detection({ firstAtMs: 136 * MINUTE }))).toEqual([0, 1]);
  });
  test('of a job that is slow by itself is a false alarm', () =>
    expect(hits(detection(), { ...ofNode(), fault: 'fleet_dip', scope: 'job' })).toEqual([0, 1]));
  test('below the level does not count at it', () => expect(hits(detection({ level: 'suspect' }))).toEqual([0, 0]));
  test('above the level does', () => expect(hits(detection({ level: 'confirmed' }))).toEqual([1, 0]));
});

describe('the score', () => {
  const missed = outcome({
    jobId: 'job-3',
    truth: [fault({ jobId: 'job-3', realisedSlowdown: 0.05, meanSlowdown: 0.05 })],
    detections: [],
  });
  const healthy = outcome({
    jobId: 'job-4',
    truth: [],
    detections: [detection({ jobId: 'job-4' })],
    nodeHours: 980,
    workload: 'inference',
    noise: '10 %',
  });
  const result = likely([outcome(), missed, healthy]);

  test('has precision, recall and F1 by events', () => {
    expect([result.precision.hits, result.precision.of]).toEqual([1, 2]);
    expect([result.recall.hits, result.recall.of]).toEqual([1, 2]);
    expect(result.f1).toBe(0.5);
  });

  test('counts a fault that is told three times once', () => {
    const often = [detection(), detection({ firstAtMs: 80 * MINUTE }), detection({ level: 'confirmed' })];
    expect(likely([outcome({ detections: often })]).precision).toMatchObject({ hits: 1, of: 1 });
  });

  test('takes the hours of an ill node off the healthy ones', () => {
    // 11 + 11 + 980 node-hours, of which two nodes were ill for an hour each.
    expect(result.falseAlarms.perThousandNodeHours).toBe(1);
    expect(result.falseAlarms.interval.high).toBeCloseTo(5.572, 2);
    expect(result.falseAlarmsOfHealthyJobs.perThousandNodeHours).toBeCloseTo(1000 / 980, 9);
  });

  test('has the time from onset to the first detection', () => {
    const two = [outcome(), outcome({ detections: [detection({ firstAtMs: 90 * MINUTE })] })];
    expect(likely(two).minutesToDetect).toEqual({ median: 10, p95: 30 });
  });

  test('asks for the cause, and for none where there is none', () => {
    const wrong = outcome({ detections: [detection({ causes: ['power_brake'] })] });
    expect(likely([outcome(), wrong]).causeCorrect).toMatchObject({ hits: 1, of: 2 });
    const unexplained = outcome({ truth: [fault({ cause: 'none' })], detections: [detection({ causes: [] })] });
    expect(likely([unexplained]).causeCorrect).toMatchObject({ hits: 1, of: 1 });
  });

  test('asks whether the interval holds the slowdown that was, where one was given', () => {
    const { slowdown: _, ...silent } = detection();
    const beside = outcome({ truth: [fault({ realisedSlowdown: 0.2, meanSlowdown: 0.2 })] });
    const without = outcome({ detections: [silent] });
    expect(likely([outcome(), beside, without]).slowdownCovered).toMatchObject({ hits: 1, of: 2 });
  });

  test('leaves out what a detector is not held to: neither a miss nor a false alarm', () => {
    const small = outcome({ truth: [fault({ realisedSlowdown: 0.04, meanSlowdown: 0.04 })] });
    const result = likely([small], isHardwareFault(0.095));
    expect([result.recall.of, result.falseAlarms.count]).toEqual([0, 0]);
    expect(isHardwareFault(0.095)(fault({ visible: 'state-only' }))).toBe(false);
    expect(costsAtLeast(0.095)(fault({ scope: 'shared' }))).toBe(false);
  });

  test('splits recall by fault, severity, workload and noise', () => {
    const keys = result.recallBy.severity.map(({ key, recall }) => `${key} ${recall.hits}/${recall.of}`);
    expect(keys).toEqual(['5 % 0/1', '10 % 1/1']);
    expect(result.recallBy.fault.map(({ key }) => key)).toEqual(['thermal']);
    expect(result.falseAlarmsBy.map(({ key, count }) => `${key} ${count}`)).toEqual(['data_parallel 0', 'inference 1']);
  });

  test.each([
    [0.03, '3 %'],
    [0.1, '10 %'],
    [0.6, '50 %'],
    [2, '100 %'],
  ])('calls a slowdown of %d %s', (slowdown, name) => expect(severityOf(slowdown)).toBe(name));

  test('is told as a table', () => {
    const table = scoreTable(score([outcome(), missed, healthy]));
    expect(table).toMatch(/^level and above +suspect +likely +confirmed$/m);
    expect(table).toMatch(/^recall +0\.500 \(0\.095–0\.905; 1 of 2\)/m);
    expect(table).toMatch(/^thermal +0\.500/m);
    expect(table).not.toMatch(/NaN|undefined/);
  });
});
