import { describe, expect, it } from 'vitest';
import { createDetector } from '../../src/straggler/detector.ts';
import {
  grouped,
  haveTelemetry,
  median,
  PRECISIONS,
  resnetRows,
  type SlotRate,
  sgemmRows,
  slotRates,
  TELEMETRY,
  type TelemetryJob,
  type TelemetryRow,
  windowsOfTelemetry,
} from './telemetry.ts';

const RESNET = 'resnet-longhorn.csv';
const SGEMM = 'sgemm-longhorn.csv';
const B200 = 'b200-gpufryer-per-gpu.csv';
const B300 = 'b300-gpufryer-per-gpu.csv';

const named = (file: string): string => (haveTelemetry(file) ? file : `${file} (skipped: not in ${TELEMETRY})`);

type Rule = (one: TelemetryRow, others: readonly TelemetryRow[]) => boolean;

/** The rules that a detector might use alone, with the floors of its effects. Each GPU against the others of its node. */
const clock: Rule = (one, others) => one.smClockHertz < 0.97 * median(others.map(({ smClockHertz }) => smClockHertz));
const power: Rule = (one, others) => one.powerWatts < 0.95 * median(others.map(({ powerWatts }) => powerWatts));
const temperature: Rule = (one, others) =>
  one.temperatureCelsius > 8 + median(others.map(({ temperatureCelsius }) => temperatureCelsius));
const clockAndPower: Rule = (one, others) => clock(one, others) && power(one, others);

const RULES = { clock, power, temperature, clockAndPower } as const;

const flags = (rule: keyof typeof RULES, rows: readonly TelemetryRow[]): boolean =>
  rows.some((one) =>
    RULES[rule](
      one,
      rows.filter((other) => other !== one),
    ),
  );

describe.skipIf(!haveTelemetry(RESNET))(named(RESNET), () => {
  const jobs = windowsOfTelemetry(haveTelemetry(RESNET) ? resnetRows() : []);
  const nodes = grouped(jobs, ({ rows }) => rows[0]?.node ?? '');
  const timeOf = (node: string): number =>
    median((nodes.get(node) ?? []).map(({ rows }) => median(rows.map(({ milliseconds }) => milliseconds))));
  const usual = median([...nodes.keys()].map(timeOf));
  const slow = new Set([...nodes.keys()].filter((node) => timeOf(node) > 1.05 * usual));
  const healthyJobs = jobs.filter(({ rows }) => !slow.has(rows[0]?.node ?? ''));
  const falseAlarms = (rule: keyof typeof RULES): number => healthyJobs.filter(({ rows }) => flags(rule, rows)).length;

  it('is read as runs of four GPUs, sixteen minutes of frames each', () => {
    expect(jobs).toHaveLength(188);
    expect(jobs.every(({ rows }) => new Set(rows.map(({ index }) => index)).size === 4)).toBe(true);
    expect([...slow].sort()).toEqual(['c006-12', 'c007-12', 'c008-3']);
    expect(healthyJobs).toHaveLength(176);
    const [first] = jobs;
    expect(first?.frames).toHaveLength(16);
    expect(first?.frames.map(({ at }) => at - (first.frames[0]?.at ?? 0)).slice(0, 3)).toEqual([0, 60_000, 120_000]);
    expect(first?.frames[0]?.gpus[0]?.window).toMatchObject({ busyRatio: 1, throttleRatio: {} });
    expect(first?.frames[0]?.gpus[0]?.window?.smClockHertz).toBeGreaterThan(1e9);
  });

  // What a single signal is worth on healthy GPUs, so that nobody makes an alarm of one.
  it.each([
    ['clock', 5],
    ['power', 68],
    ['temperature', 75],
  ] as const)('%s alone would accuse healthy nodes in %i of 176 runs', (rule, runs) => {
    expect(falseAlarms(rule)).toBe(runs);
  });

  it('clock and power together accuse no healthy node', () => {
    expect(falseAlarms('clockAndPower')).toBe(0);
    const found = new Set(jobs.filter(({ rows }) => flags('clockAndPower', rows)).map(({ rows }) => rows[0]?.node));
    expect([...found]).toEqual(['c007-12']);
  });
});

/** What the detector says at the end of each job, as `verdict` and the nodes it accuses. */
const judged = (jobs: readonly TelemetryJob[]) =>
  jobs.map(({ frames }) => {
    const detector = createDetector();
    const last = frames.map((frame) => detector.next(frame)).at(-1)?.jobs[0];
    const accused = (last?.stragglers ?? []).filter(({ level }) => level !== 'suspect');
    return { verdict: last?.verdict, accused: accused.map(({ component: { node, index } }) => `${node}/${index}`) };
  });

describe.skipIf(!haveTelemetry(RESNET))(`the detector on ${named(RESNET)}`, () => {
  const rows = haveTelemetry(RESNET) ? resnetRows() : [];

  it('accuses nobody in 188 runs of nodes by themselves: three peers, no throttle time, no limits', () => {
    const verdicts = judged(windowsOfTelemetry(rows));
    expect(verdicts.flatMap(({ accused }) => accused)).toEqual([]);
    expect(verdicts.filter(({ verdict }) => verdict === 'suspect')).toEqual([]);
  });

  // c007-12 took 1.11 times as long as the others; c008-9 has a GPU 6 % slower and 15 °C hotter, and ran as fast as any.
  it('finds the slow GPU among all nodes, and takes one hot GPU for another', () => {
    const accused = judged(windowsOfTelemetry(rows, { oneJob: true })).flatMap((one) => one.accused);
    expect(new Set(accused)).toEqual(new Set(['c007-12/3', 'c008-9/1']));
    expect(accused.filter((name) => name === 'c008-9/1')).toHaveLength(1);
  });
});

describe.skipIf(!haveTelemetry(SGEMM))(`the detector on ${named(SGEMM)}`, () => {
  // One clocks 4 % lower, draws 250 of 297 W and takes 1.20 times as long: the power shows what the clock hides.
  it('accuses nobody by power alone, and suspects the slowest of them by it', () => {
    const rows = haveTelemetry(SGEMM) ? sgemmRows() : [];
    const [{ frames = [] } = {}] = windowsOfTelemetry(rows, { oneJob: true });
    const detector = createDetector();
    const last = frames.map((frame) => detector.next(frame)).at(-1)?.jobs[0];
    const usual = median(rows.map(({ milliseconds }) => milliseconds));
    const times = (last?.stragglers ?? []).map(
      ({ component }) => (rows.find(({ node }) => node === component.node)?.milliseconds ?? 0) / usual,
    );
    expect(last?.stragglers.every(({ level }) => level === 'suspect')).toBe(true);
    expect(Math.max(...times)).toBeCloseTo(1.2, 1);
    expect(Math.min(...times)).toBeGreaterThan(1.02);
  });
});

describe.skipIf(!haveTelemetry(SGEMM))(named(SGEMM), () => {
  const rows = haveTelemetry(SGEMM) ? sgemmRows() : [];

  it('is one job of GPUs that each work alone', () => {
    const jobs = windowsOfTelemetry(rows, { oneJob: true });
    expect(jobs.map(({ jobId, frames }) => [jobId, frames.length])).toEqual([['sgemm', 16]]);
    expect(jobs[0]?.frames[0]?.gpus).toHaveLength(new Set(rows.map(({ uuid }) => uuid)).size);
  });

  // checks/shared/slowdown.ts: compute-bound time grows as the clock falls, slope −1.
  it('takes as much longer as the clock is lower', () => {
    const x = rows.map(({ smClockHertz }) => Math.log(smClockHertz));
    const y = rows.map(({ milliseconds }) => Math.log(milliseconds));
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [meanX, meanY] = [mean(x), mean(y)];
    const slope =
      x.reduce((sum, value, i) => sum + (value - meanX) * ((y[i] ?? 0) - meanY), 0) /
      x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
    expect(slope).toBeCloseTo(-1, 1);
  });
});

/** By how much a GPU is slower than the median of the others of its node; 0.03 is 3 %. */
const deviation = (one: SlotRate, all: readonly SlotRate[], usualOf: (rate: SlotRate) => number): number => {
  const others = all.filter(({ node, slot }) => node === one.node && slot !== one.slot);
  return 1 - one.teraflops / usualOf(one) / median(others.map((other) => other.teraflops / usualOf(other)));
};

const NO_BASELINE = (): number => 1;

/** What the slot usually gives, from the other nodes: how far it is from the median of its node there. */
const slotBaseline =
  (all: readonly SlotRate[]) =>
  ({ node, slot }: SlotRate): number => {
    const elsewhere = all.filter((other) => other.slot === slot && other.node !== node);
    return median(
      elsewhere.map((other) => {
        const its = all.filter((one) => one.node === other.node).map(({ teraflops }) => teraflops);
        return other.teraflops / median(its);
      }),
    );
  };

describe.skipIf(!haveTelemetry(B200))(named(B200), () => {
  it.each(PRECISIONS)('no healthy slot is a straggler in %s once its slot is known', (precision) => {
    const all = slotRates(B200, precision);
    expect(all).toHaveLength(16);
    const deviations = all.map((one) => deviation(one, all, slotBaseline(all)));
    expect(Math.max(...deviations)).toBeLessThan(0.03);
  });

  it('without the baseline the clock floor of 3 % would accuse a healthy slot, the power floor of 5 % none', () => {
    const worst = PRECISIONS.map((precision) => {
      const all = slotRates(B200, precision);
      return Math.max(...all.map((one) => deviation(one, all, NO_BASELINE)));
    });
    expect(Math.max(...worst)).toBeGreaterThan(0.03);
    expect(Math.max(...worst)).toBeLessThan(0.05);
  });
});

describe.skipIf(!haveTelemetry(B300))(named(B300), () => {
  it.each(PRECISIONS)('no healthy slot is a straggler in %s, though no other node tells of its slot', (precision) => {
    const all = slotRates(B300, precision);
    expect(Math.max(...all.map((one) => deviation(one, all, NO_BASELINE)))).toBeLessThan(0.03);
  });
});
