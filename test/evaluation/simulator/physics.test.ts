import { describe, expect, test } from 'vitest';
import { barrierOf } from './barrier.ts';
import { layoutOf } from './layout.ts';
import { simulate } from './simulate.ts';
import type { FaultSpec, JobSpec } from './spec.ts';
import { faultOf, jobSpec, meanOf, type Row, rowsOf } from './support.ts';

const CLOCK = 'clocks.current.sm [MHz]';
const POWER = 'power.draw [W]';
const UTILIZATION = 'utilization.gpu [%]';
const TEMPERATURE = 'temperature.gpu';

const withFault = (kind: FaultSpec['kind'], changes: Partial<FaultSpec> = {}, job: Partial<JobSpec> = {}): JobSpec =>
  jobSpec({ faults: [faultOf(kind, changes)], ...job });

const cells = (rows: readonly Row[], node: string, gpu: number, column: string): readonly string[] =>
  rows
    .filter((row) => row.node === node && row.cells.index === String(gpu))
    .slice(150)
    .map((row) => row.cells[column] ?? '');

describe('a healthy job', () => {
  const rows = rowsOf(jobSpec());

  test('draws power as a loaded H100 does, at full clocks, fully used', () => {
    for (const gpu of [0, 3, 7]) {
      expect(meanOf(rows, 'node-001', gpu, POWER)).toBeGreaterThan(400);
      expect(meanOf(rows, 'node-001', gpu, POWER)).toBeLessThan(690);
      expect(meanOf(rows, 'node-001', gpu, CLOCK)).toBeGreaterThan(1960);
      expect(meanOf(rows, 'node-001', gpu, UTILIZATION)).toBeGreaterThan(95);
      expect(meanOf(rows, 'node-001', gpu, TEMPERATURE)).toBeLessThan(80);
    }
  });

  test('under its limit spreads its clocks by slot and by silicon, a few percent in a node', () => {
    const capped = rowsOf(jobSpec({ workload: { ...jobSpec().workload, load: 1.3 } }));
    const clocks = [0, 1, 2, 3, 4, 5, 6, 7].map((gpu) => meanOf(capped, 'node-001', gpu, CLOCK));
    expect(Math.max(...clocks) / Math.min(...clocks)).toBeGreaterThan(1.015);
    expect(Math.max(...clocks) / Math.min(...clocks)).toBeLessThan(1.12);
    const power = meanOf(capped, 'node-001', 0, POWER);
    expect(power).toBeGreaterThan(650);
    expect(power).toBeLessThan(714);
  });

  test('has nothing in its truth', () => {
    expect(simulate(jobSpec(), 's').truth).toEqual([]);
  });
});

describe('a hot GPU', () => {
  const rows = rowsOf(withFault('thermal'));

  test('is at its limit, slower and draws less; its neighbours are not', () => {
    expect(meanOf(rows, 'node-002', 3, TEMPERATURE)).toBeGreaterThan(84);
    expect(meanOf(rows, 'node-002', 3, CLOCK)).toBeLessThan(0.96 * meanOf(rows, 'node-002', 4, CLOCK));
    expect(meanOf(rows, 'node-002', 3, POWER)).toBeLessThan(meanOf(rows, 'node-002', 4, POWER));
    expect(meanOf(rows, 'node-002', 4, CLOCK)).toBeGreaterThan(1960);
    expect(meanOf(rows, 'node-002', 4, TEMPERATURE)).toBeLessThan(80);
  });

  test('dips deeply, with the reason in some samples and in the counter', () => {
    const clocks = cells(rows, 'node-002', 3, CLOCK).map(Number.parseFloat);
    expect(Math.min(...clocks)).toBeLessThan(1000);
    expect(Math.max(...clocks)).toBeGreaterThan(1700);
    expect(cells(rows, 'node-002', 3, 'clocks_event_reasons.hw_thermal_slowdown')).toContain('Active');
    expect(cells(rows, 'node-002', 4, 'clocks_event_reasons.hw_thermal_slowdown')).not.toContain('Active');
    const counter = cells(rows, 'node-002', 3, 'clocks_event_reasons_counters.hw_thermal_slowdown [us]');
    expect(Number.parseInt(counter.at(-1) ?? '', 10)).toBeGreaterThan(10e6);
  });
});

test('a lowered power limit pins a GPU at it', () => {
  const rows = rowsOf(withFault('power_limit'));
  const limit = meanOf(rows, 'node-002', 3, 'enforced.power.limit [W]');
  expect(limit).toBeLessThan(650);
  expect(meanOf(rows, 'node-002', 3, POWER)).toBeGreaterThan(0.9 * limit);
  expect(meanOf(rows, 'node-002', 3, POWER)).toBeLessThan(1.02 * limit);
  expect(meanOf(rows, 'node-002', 3, CLOCK)).toBeLessThan(0.95 * meanOf(rows, 'node-002', 4, CLOCK));
  expect(cells(rows, 'node-002', 3, 'clocks_event_reasons.sw_power_cap')).toContain('Active');
  expect(meanOf(rows, 'node-002', 4, 'enforced.power.limit [W]')).toBe(700);
});

test('a power brake halves the clocks of a node now and then, and counts it', () => {
  const { gpu: _, ...ofNode } = faultOf('power_brake');
  const rows = rowsOf(jobSpec({ faults: [ofNode] }));
  expect(meanOf(rows, 'node-002', 0, CLOCK)).toBeLessThan(0.97 * meanOf(rows, 'node-001', 0, CLOCK));
  expect(cells(rows, 'node-002', 5, 'clocks_event_reasons.hw_power_brake_slowdown')).toContain('Active');
  expect(cells(rows, 'node-001', 5, 'clocks_event_reasons.hw_power_brake_slowdown')).not.toContain('Active');
});

test('locked clocks show in the clock alone', () => {
  const rows = rowsOf(withFault('locked_clocks'));
  expect(new Set(cells(rows, 'node-002', 3, CLOCK)).size).toBe(1);
  expect(meanOf(rows, 'node-002', 3, CLOCK)).toBeLessThan(1900);
  expect(cells(rows, 'node-002', 3, 'clocks_event_reasons.sw_power_cap')).not.toContain('Active');
  expect(meanOf(rows, 'node-002', 3, TEMPERATURE)).toBeLessThan(80);
});

test('a busy host leaves its GPUs idle at full clocks, and the others spin', () => {
  const { gpu: _, ...ofNode } = faultOf('cpu_hog', { jobSlowdown: 0.2 });
  const rows = rowsOf(jobSpec({ faults: [ofNode] }));
  expect(meanOf(rows, 'node-002', 0, UTILIZATION)).toBeLessThan(93);
  expect(meanOf(rows, 'node-001', 0, UTILIZATION)).toBeGreaterThan(95);
  expect(meanOf(rows, 'node-002', 0, CLOCK)).toBeGreaterThan(1960);
});

test('a narrow PCIe link is in its columns, and its GPU waits', () => {
  const rows = rowsOf(withFault('pcie_width', { jobSlowdown: 0.2 }));
  expect(meanOf(rows, 'node-002', 3, 'pcie.link.width.current', 600)).toBe(8);
  expect(meanOf(rows, 'node-002', 3, UTILIZATION)).toBeLessThan(meanOf(rows, 'node-002', 4, UTILIZATION) - 5);
});

test('a link fault shows on no GPU more than on another', () => {
  const rows = rowsOf(withFault('infiniband_rate', { jobSlowdown: 0.3 }));
  const healthy = rowsOf(jobSpec());
  const share = (gpu: number, node: string): number =>
    meanOf(rows, node, gpu, POWER) / meanOf(healthy, node, gpu, POWER);
  expect(share(3, 'node-002')).toBeLessThan(0.95);
  expect(Math.abs(share(3, 'node-002') - share(3, 'node-001'))).toBeLessThan(0.02);
});

describe('the slowdown of the job', () => {
  test.each(['thermal', 'locked_clocks', 'power_brake', 'pcie_width', 'loader_stall', 'nvlink_lane'] as const)(
    'by %s is about what was asked for',
    (kind) => {
      for (const jobSlowdown of [0.05, 0.2]) {
        const [fault] = simulate(withFault(kind, { jobSlowdown }), 's').truth;
        expect(fault?.realisedSlowdown).toBeGreaterThan(0.7 * jobSlowdown);
        expect(fault?.realisedSlowdown).toBeLessThan(1.3 * jobSlowdown);
      }
    },
  );

  test('of an intermittent fault is less over the whole time than while it is there', () => {
    const onset = { shape: 'intermittent', atSeconds: 1800, periodSeconds: 600, duty: 0.3 } as const;
    const [fault] = simulate(withFault('locked_clocks', { jobSlowdown: 0.2, onset }), 's').truth;
    expect(fault?.meanSlowdown).toBeLessThan(0.5 * (fault?.realisedSlowdown ?? 0));
  });

  test('is in the steps of the culprit, and in nobody else’s', () => {
    const steps = [...simulate(withFault('locked_clocks', { jobSlowdown: 0.2 }), 's').steps()];
    const mean = (rank: number, late: boolean): number => {
      const its = steps.filter((step) => step.rank === rank && step.atMs > Date.UTC(2026, 0, 5, 0, 31) === late);
      return its.reduce((sum, { seconds }) => sum + seconds, 0) / its.length;
    };
    expect(steps.find(({ rank }) => rank === 11)).toMatchObject({ node: 'node-002', gpu: 3, role: 'all' });
    expect(mean(11, true) / mean(11, false)).toBeGreaterThan(1.15);
    expect(mean(2, true) / mean(2, false)).toBeLessThan(1.02);
  });

  test('names who is to blame: a GPU, a node, several nodes, or nobody', () => {
    const [gpu] = simulate(withFault('thermal'), 's').truth;
    expect(gpu).toMatchObject({ scope: 'gpu', node: 'node-002', gpuIndex: 3, cause: 'thermal_throttle' });
    const { gpu: _, ...ofNode } = faultOf('cpu_hog');
    expect(simulate(jobSpec({ faults: [ofNode] }), 's').truth[0]).toMatchObject({ scope: 'node', node: 'node-002' });
    const rack = simulate(
      jobSpec({ products: ['h100', 'h100', 'h100', 'h100'], faults: [{ ...ofNode, kind: 'hot_inlet' }] }),
      's',
    );
    expect(rack.truth.map(({ scope, node }) => `${scope} ${node}`)).toEqual(['shared node-001', 'shared node-002']);
    const [job] = simulate(jobSpec({ faults: [{ ...ofNode, kind: 'fleet_dip' }] }), 's').truth;
    expect(job).toMatchObject({ scope: 'job', cause: 'none' });
    expect(job?.node).toBeUndefined();
  });
});

describe('the barrier', () => {
  const base = jobSpec().workload;

  test('of a data-parallel job is its slowest rank', () => {
    const barrier = barrierOf(layoutOf(base, 4), 1);
    expect(barrier.stepOf([1, 1.2, 1, 1])).toBeCloseTo(1.2, 9);
    expect(barrier.fill).toBe(1);
  });

  test('of a pipeline counts its slowest stage once a microbatch and every stage once', () => {
    const workload = { ...base, tensorParallel: 2, pipelineStages: 2, microbatches: 4 };
    const barrier = barrierOf(layoutOf(workload, 4), 4);
    // Stage 0 takes 2 by its second rank, stage 1 takes 1: (3 x 2 + 2 + 1) / 4.
    expect(barrier.stepOf([1, 2, 1, 1])).toBeCloseTo(9 / 4, 9);
    expect(barrier.fill).toBeCloseTo(4 / 5, 9);
  });

  test('refuses ranks that do not divide', () => {
    expect(() => layoutOf({ ...base, tensorParallel: 8 }, 12)).toThrow('12 ranks do not divide');
  });
});

describe('jobs that are slow in no place', () => {
  test('the last stage of a pipeline draws more than the others', () => {
    const rows = rowsOf(jobSpec({ workload: { ...jobSpec({}, 'pipeline_in_node').workload } }));
    expect(meanOf(rows, 'node-001', 7, POWER)).toBeGreaterThan(1.05 * meanOf(rows, 'node-001', 4, POWER));
  });

  test('of an MPI job one GPU of a node is busy', () => {
    const rows = rowsOf(jobSpec({}, 'mpi_one_gpu'));
    expect(meanOf(rows, 'node-001', 0, UTILIZATION)).toBeGreaterThan(85);
    expect(meanOf(rows, 'node-001', 1, UTILIZATION)).toBe(0);
  });

  test('at a checkpoint all fall quiet together', () => {
    const workload = { ...jobSpec().workload, checkpoint: { everySeconds: 1200, seconds: 240 } };
    const rows = rowsOf(jobSpec({ workload })).filter(({ node }) => node === 'node-002');
    const quiet = (gpu: number): readonly number[] =>
      rows
        .filter((row) => row.cells.index === String(gpu) && Number.parseFloat(row.cells[UTILIZATION] ?? '') < 30)
        .map(({ atMs }) => atMs);
    expect(quiet(0).length).toBeGreaterThan(20);
    expect(quiet(5)).toEqual(quiet(0));
  });

  test('two jobs on a node are told apart', () => {
    const four = jobSpec().workload;
    const job = simulate(
      jobSpec({ neighbour: { jobId: 'job-2', workload: { ...four, load: 0.4 }, firstGpu: 4 } }),
      's',
    );
    expect(job.nodes[0]?.gpus.map(({ jobId }) => jobId)).toEqual([
      ...Array(4).fill('job-1'),
      ...Array(4).fill('job-2'),
    ]);
  });
});
