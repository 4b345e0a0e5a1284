import { describe, expect, test } from 'vitest';
import type { Frame, GpuMinute } from '../../../src/api.ts';
import { type FakeGpu, gpuLabels, gpuSeries, type SeriesText } from './support/fake-fleet.ts';
import { END_MS, readFleet } from './support/read.ts';

const fleet = (...gpus: readonly FakeGpu[]): readonly SeriesText[] => gpus.flatMap(gpuSeries);
const named = (frame: Frame | undefined): readonly string[] =>
  (frame?.gpus ?? []).map(({ ref, window }) => `${ref.node}/${ref.index}${window === undefined ? ' silent' : ''}`);
const only = (frame: Frame | undefined): GpuMinute => {
  const [gpu, ...others] = frame?.gpus ?? [];
  if (gpu === undefined || others.length > 0) throw new Error('not one GPU');
  return gpu;
};

describe('what a job did', () => {
  test('each minute holds its GPUs with names, window and role', async () => {
    const [job] = await readFleet(fleet({ node: 'gpu-001', gpu: 0, job: '8841', role: 'decoder' }));
    expect(job?.jobId).toBe('8841');
    expect(job?.problems).toEqual([]);
    expect(job?.frames.map(({ at }) => at)).toEqual(
      Array.from({ length: 20 }, (_, minute) => END_MS - (19 - minute) * 60_000),
    );
    expect(only(job?.frames.at(-1))).toEqual({
      ref: {
        kind: 'gpu',
        key: 'GPU-gpu-001-0',
        node: 'gpu-001',
        model: 'NVIDIA H100 80GB HBM3',
        index: 0,
        uuid: 'GPU-gpu-001-0',
        pciBusId: '00000000:0B:00.0',
        slot: '5',
      },
      jobId: '8841',
      role: 'decoder',
      window: {
        at: END_MS,
        busyRatio: 0.99,
        smClockHertz: 1_755_000_000,
        smClockP05Hertz: 1_700_000_000,
        powerWatts: 640.25,
        powerLimitWatts: 700,
        temperatureCelsius: 63,
        throttleRatio: {},
      },
      causes: [],
    });
  });

  test('jobs are apart, and the GPUs of no job are one', async () => {
    const jobs = await readFleet(
      fleet(
        { node: 'b', gpu: 0, job: '2' },
        { node: 'a', gpu: 1, job: '1' },
        { node: 'a', gpu: 0, job: '2' },
        { node: 'c', gpu: 0 },
      ),
    );
    expect(jobs.map(({ jobId, frames }) => [jobId, named(frames.at(-1))])).toEqual([
      ['1', ['a/1']],
      ['2', ['a/0', 'b/0']],
      ['', ['c/0']],
    ]);
  });

  test('one job is asked for by its name, whatever is in it', async () => {
    const id = 'train "x\\y" (1)|.*';
    const escaped = JSON.stringify(id).slice(1, -1);
    const table = fleet({ node: 'a', gpu: 0, job: '1' }, { node: 'a', gpu: 1, job: escaped });
    const jobs = await readFleet(table, { job: id });
    expect(jobs.map(({ jobId, frames }) => [jobId, named(frames.at(-1))])).toEqual([[id, ['a/1']]]);
  });

  test('the label node names the node, else the host of the instance', async () => {
    const [job] = await readFleet(
      fleet(
        { node: '10.0.0.7', gpu: 0, job: '1', labels: 'node="rack1-7"' },
        { node: 'x', gpu: 0, job: '1', uuid: 'GPU-6', target: 'job="muster",instance="[fe80::1]:9780"' },
      ),
    );
    expect(named(job?.frames.at(-1))).toEqual(['fe80::1/0', 'rack1-7/0']);
  });

  test('a GPU whose series are stale has no window in that minute, and stays in its job', async () => {
    const gone = '1x10 _x10';
    const [job] = await readFleet(
      fleet(
        { node: 'a', gpu: 0, job: '1' },
        {
          node: 'b',
          gpu: 0,
          job: '1',
          values: {
            job_info: gone,
            power_limit_watts: gone,
            window_busy_ratio: gone,
            window_sm_clock_hertz: gone,
            window_power_watts: gone,
            window_temperature_celsius: gone,
          },
        },
      ),
    );
    expect(named(job?.frames[9])).toEqual(['a/0', 'b/0']);
    expect(named(job?.frames[10])).toEqual(['a/0', 'b/0 silent']);
    expect(named(job?.frames.at(-1))).toEqual(['a/0', 'b/0 silent']);
  });

  test('a GPU that reports without the job has left it, and one that has not begun is not in it', async () => {
    const [job] = await readFleet(
      fleet(
        { node: 'a', gpu: 0, job: '1' },
        { node: 'b', gpu: 0, job: '1', values: { job_info: '_x8 1x12' } },
        { node: 'c', gpu: 0, job: '1', values: { job_info: '1x8 _x12' } },
      ),
    );
    expect(named(job?.frames[0])).toEqual(['a/0', 'c/0']);
    expect(named(job?.frames[12])).toEqual(['a/0', 'b/0']);
  });

  test('NaN and infinities are not there, and an exponent is a number', async () => {
    const [job] = await readFleet(
      fleet({
        node: 'a',
        gpu: 0,
        job: '1',
        values: { window_power_watts: 'NaNx20', window_temperature_celsius: '+Infx20', window_busy_ratio: '1e-07x20' },
      }),
    );
    const { window } = only(job?.frames.at(-1));
    expect(window).not.toHaveProperty('powerWatts');
    expect(window).not.toHaveProperty('temperatureCelsius');
    expect(window?.busyRatio).toBe(1e-7);
  });
});

describe('causes', () => {
  const cause = (node: string, kind: string, values = '1x20'): SeriesText => [
    `muster_gpu_cause_active{${gpuLabels({ node, gpu: 0 })},cause="${kind}"}`,
    values,
  ];

  test('come with what is known of them', async () => {
    const [job] = await readFleet([
      ...fleet(
        {
          node: 'a',
          gpu: 0,
          job: '1',
          values: { window_throttle_ratio: '0x10 0.22x10', window_temperature_celsius: '85x20' },
        },
        { node: 'b', gpu: 0, job: '1', values: { power_limit_watts: '500x20' } },
        { node: 'c', gpu: 0, job: '1', values: { window_sm_clock_hertz: '1200000000x20' } },
        { node: 'd', gpu: 0, job: '1' },
      ),
      cause('a', 'thermal_throttle', '_x10 1x10'),
      cause('b', 'power_limit_lowered'),
      cause('c', 'clocks_locked'),
    ]);
    expect(job?.frames.at(-1)?.gpus.map(({ causes }) => causes)).toEqual([
      [{ kind: 'thermal_throttle', detail: 'thermally throttled 22 % of the last 5 min, 85 °C' }],
      [{ kind: 'power_limit_lowered', detail: 'power limit 500 W, usually 700 W' }],
      [{ kind: 'clocks_locked', detail: 'clocks locked, SM clock 1200 MHz' }],
      [],
    ]);
    expect(job?.frames[9]?.gpus[0]?.causes).toEqual([]);
    expect(job?.frames.at(-1)?.gpus[0]?.window?.throttleRatio).toEqual({ sw_thermal: 0.22 });
  });

  test('of a node are causes of each of its GPUs, and one of a newer agent is said', async () => {
    const [job] = await readFleet([
      ...fleet({ node: 'a', gpu: 0, job: '1' }, { node: 'a', gpu: 1, job: '1' }, { node: 'b', gpu: 0, job: '1' }),
      ['muster_gpu_cause_active{job="muster",instance="a:9780",cause="host_pressure"}', '1x20'],
      cause('b', 'gamma_rays'),
    ]);
    expect(job?.frames.at(-1)?.gpus.map(({ causes }) => causes.map(({ kind }) => kind))).toEqual([
      ['host_pressure'],
      ['host_pressure'],
      [],
    ]);
    expect(job?.problems).toEqual(['gamma_rays is a cause that this version does not know; update it']);
  });
});

describe('what is wrong with the data', () => {
  test('a GPU that two scrape jobs read is counted once, by the one that told most, and it is said', async () => {
    const [job] = await readFleet(
      fleet(
        { node: 'a', gpu: 0, job: '1', values: { window_power_watts: '600x20' } },
        {
          node: 'a',
          gpu: 0,
          job: '1',
          target: 'job="pods",instance="10.0.0.7:9780"',
          values: {
            window_power_watts: '_x5 700x15',
            window_busy_ratio: '_x5 1x15',
            window_sm_clock_hertz: '_x5 1x15',
            window_temperature_celsius: '_x5 1x15',
          },
        },
      ),
    );
    expect(only(job?.frames.at(-1)).window?.powerWatts).toBe(600);
    expect(job?.problems).toEqual([
      '1 GPUs on a are scraped more than once (muster a:9780 and pods 10.0.0.7:9780): each is counted once, by the target that told most; scrape each agent in one job',
    ]);
  });

  test('a target that took over from another is no duplicate', async () => {
    const names = [
      'job_info',
      'info',
      'power_limit_watts',
      'window_busy_ratio',
      'window_sm_clock_hertz',
      'window_power_watts',
      'window_temperature_celsius',
    ];
    const all = (values: string) => Object.fromEntries(names.map((name) => [name, values]));
    const [job] = await readFleet(
      fleet(
        { node: 'a', gpu: 0, job: '1', values: all('1x12 _x8') },
        {
          node: 'a',
          gpu: 0,
          job: '1',
          target: 'job="muster",instance="10.0.0.9:9780"',
          labels: 'node="a"',
          values: all('_x12 2x8'),
        },
      ),
    );
    expect(job?.frames.map((frame) => only(frame).window?.powerWatts)).toEqual([
      ...Array(12).fill(1),
      ...Array(8).fill(2),
    ]);
    expect(job?.problems).toEqual([]);
  });

  test('two machines of one name are judged apart', async () => {
    const [job] = await readFleet(
      fleet(
        { node: '10.0.0.1', gpu: 0, job: '1', labels: 'node="gpu-001"' },
        { node: '10.0.0.2', gpu: 0, job: '1', labels: 'node="gpu-001"' },
      ),
    );
    expect(named(job?.frames.at(-1))).toEqual(['gpu-001 (muster 10.0.0.1:9780)/0', 'gpu-001 (muster 10.0.0.2:9780)/0']);
    expect(job?.problems).toEqual([
      'several machines are called gpu-001 (muster 10.0.0.1:9780; muster 10.0.0.2:9780): they are judged apart; give each its own label node',
    ]);
  });

  test('agents that export less are named', async () => {
    const [job] = await readFleet(
      fleet(
        { node: 'a', gpu: 0, job: '1' },
        { node: 'b', gpu: 0, job: '1', values: { window_power_watts: undefined } },
        { node: 'c', gpu: 0, job: '1' },
      ),
    );
    expect(job?.frames.at(-1)?.gpus[1]?.window).not.toHaveProperty('powerWatts');
    expect(job?.problems).toEqual([
      '1 of 3 nodes (b) export no muster_gpu_window_power_watts of some GPU; are the agents up to date, and are the series kept?',
    ]);
  });

  test('a simulated node is no peer of real ones', async () => {
    const [job] = await readFleet([
      ...fleet({ node: 'a', gpu: 0, job: '1' }, { node: 'laptop', gpu: 0, job: '1' }),
      ['muster_node_info{job="muster",instance="laptop:9780",mock="true"}', '1x20'],
    ]);
    expect(named(job?.frames.at(-1))).toEqual(['a/0']);
    expect(job?.problems).toEqual(['laptop: simulated, and left out']);
  });
});
