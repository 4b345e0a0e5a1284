import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { type Bench, onBench, openBench, type RunningAgent, seriesValue, startAgent } from '../support/agent.ts';
import { processesNaming } from '../support/cli.ts';
import { range, slopePerHour } from './trend.ts';

/** CI shows that the run works; `npm run soak` shows that nothing grows (MUSTER_SOAK_MINUTES, 40 without it). */
const MINUTES = Number(process.env.MUSTER_SOAK_MINUTES ?? 0.5);
const IS_LONG = MINUTES >= 35;
const END_MS = MINUTES * 60_000;

/** Ten times as often as by default; the kernel log is read every second already, and no interval is shorter. */
const CONFIGURATION = `sources:
  nvidia-smi: {every: 3s}
  nvidia-smi-nvlink: {every: 3s}
  infiniband: {every: 3s}
  pci: {every: 6s}
  hwmon: {every: 6s}
`;

/** Come and go one after the other; an Xid and a hang now and then, as they leave something behind. */
const STATE_FAULTS = [
  'ib-down@mlx5_2',
  'throttle@gpu1',
  'hot@gpu2',
  'nvlink-down@gpu4',
  'ib-rate@mlx5_5',
  'ib-errors@mlx5_6',
];
/** Long enough for two readings of three. */
const FAULT_MS = 8000;
const EVENT_EVERY_MS = 60_000;
const HANG_EVERY_MS = 150_000;
const SCRAPE_MS = 1500;
const SAMPLE_MS = 5000;

interface Sample {
  readonly atMs: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  readonly processes: number;
  readonly cpuSeconds: number;
}

const opened: { bench?: Bench; agent?: RunningAgent } = {};
afterAll(async () => {
  opened.agent?.process.kill('SIGKILL');
  await opened.bench?.close();
});

const every = (ms: number, endsAt: number, act: (turn: number) => Promise<unknown>): Promise<void> =>
  (async () => {
    for (let turn = 0; Date.now() < endsAt; turn++) {
      await act(turn);
      await sleep(Math.min(ms, Math.max(0, endsAt - Date.now())));
    }
  })();

it(`a soak of ${MINUTES} min at ten times the rate leaves nothing behind`, { timeout: END_MS + 180_000 }, async () => {
  const bench = await openBench('hgx-h100-8+busy', {}, { stepMs: 100 });
  opened.bench = bench;
  const file = join(bench.machine.dir, 'muster.yaml');
  writeFileSync(file, CONFIGURATION);
  const agent = await startAgent(bench.env, { args: ['--config', file] });
  opened.agent = agent;
  await expect.poll(async () => (await agent.get('/-/ready')).status, { timeout: 20_000 }).toBe(200);
  const startedAt = Date.now();
  const endsAt = startedAt + END_MS;
  const samples: Sample[] = [];
  const latencies: number[] = [];

  const sample = async (): Promise<void> => {
    const metrics = await agent.metrics();
    samples.push({
      atMs: Date.now() - startedAt,
      residentBytes: seriesValue(metrics, 'muster_agent_resident_memory_bytes') ?? Number.NaN,
      descriptors: seriesValue(metrics, 'muster_agent_open_descriptors') ?? Number.NaN,
      processes: processesNaming(bench.stateDir).length,
      cpuSeconds: seriesValue(metrics, 'muster_agent_cpu_seconds_total') ?? Number.NaN,
    });
  };

  await Promise.all([
    every(SCRAPE_MS, endsAt, async () => {
      const askedMs = performance.now();
      await agent.metrics();
      latencies.push(performance.now() - askedMs);
    }),
    every(SAMPLE_MS, endsAt, sample),
    every(0, endsAt, async (turn) => {
      const fault = STATE_FAULTS[turn % STATE_FAULTS.length] ?? '';
      await bench.machine.inject(fault);
      await sleep(FAULT_MS);
      await bench.machine.recover(fault);
      await sleep(FAULT_MS / 4);
    }),
    every(EVENT_EVERY_MS, endsAt, (turn) => bench.machine.inject(`xid${turn % 2 === 0 ? 13 : 48}@gpu${turn % 8}`)),
    every(HANG_EVERY_MS, endsAt, async (turn) => {
      if (turn === 0) return;
      await bench.machine.inject('hung-smi');
      await sleep(8000);
      await bench.machine.recover('hung-smi');
    }),
  ]);

  for (let gpu = 0; gpu < 8; gpu++) await bench.machine.inject(`gpu-reset@gpu${gpu}`);
  await sample();

  // The quarter of an hour that is kept whole fills for twenty minutes (derive/history.ts); the last third is beyond that.
  const settled = samples.filter(({ atMs }) => atMs >= (END_MS * 2) / 3);
  const slopeMb = slopePerHour(settled.map(({ atMs, residentBytes }) => ({ atMs, value: residentBytes / 1e6 })));
  const last = samples.at(-1);
  const first = samples[0];
  const cpu = ((last?.cpuSeconds ?? 0) - (first?.cpuSeconds ?? 0)) / (((last?.atMs ?? 1) - (first?.atMs ?? 0)) / 1000);
  latencies.sort((a, b) => a - b);
  const sizes = samples.map(({ residentBytes }) => Math.round(residentBytes / 1e6));
  const tenths = Array.from({ length: 10 }, (_, i) => {
    const part = samples.filter(({ atMs }) => Math.floor((atMs / END_MS) * 10) === i);
    return Math.round(part.reduce((sum, { residentBytes }) => sum + residentBytes / 1e6, 0) / Math.max(1, part.length));
  });
  process.stdout.write(
    [
      `soak of ${MINUTES} min, ${samples.length} samples`,
      `RSS ${range(sizes)} MB, slope of the last third ${slopeMb.toFixed(1)} MB/h`,
      `RSS by tenths of the run: ${tenths.join(' ')} MB`,
      `descriptors ${range(samples.map(({ descriptors }) => descriptors))}, processes ${range(samples.map(({ processes }) => processes))}`,
      `CPU ${(cpu * 100).toFixed(2)} % of a core at ten times the rate`,
      `/metrics p50 ${latencies[Math.floor(latencies.length / 2)]?.toFixed(1)} ms, p99 ${latencies[Math.floor(latencies.length * 0.99)]?.toFixed(1)} ms, worst ${latencies.at(-1)?.toFixed(1)} ms`,
      `events ${(await agent.events()).length === 1000 ? 'over 1000' : (await agent.events()).length}, number of the last ${seriesValue(await agent.metrics(), 'muster_events_total')}`,
      '',
    ].join('\n'),
  );

  expect(latencies.at(-1)).toBeLessThan(1000);
  expect(last?.descriptors).toBeLessThanOrEqual((first?.descriptors ?? 0) + 4);
  // The agent itself; a tool may run at the moment of the sample.
  expect(last?.processes).toBeLessThanOrEqual(3);
  expect(seriesValue(await agent.metrics(), 'muster_abandoned_processes')).toBe(0);
  if (IS_LONG) expect(slopeMb).toBeLessThan(10);
  expect(readFileSync(join(bench.stateDir, 'state.json'), 'utf8').length).toBeLessThan(2_000_000);
  await expect
    .poll(
      async () => {
        await onBench(bench, ['control', 'collect']);
        const { checks } = await agent.status();
        return checks.flatMap(({ findings }) =>
          findings
            // What came and went all the time is held for up to an hour, as it should be.
            .filter(({ severity, evidence }) => severity === 'CRITICAL' && evidence.flapping !== true)
            .map(({ code }) => code),
        );
      },
      { timeout: 120_000, interval: 1000 },
    )
    .toEqual([]);
});
