import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { absent, type Reading, type StepTime } from '../../src/api.ts';
import { stragglerNode as node, START } from '../support/straggler-node.ts';

const { signal } = new AbortController();

const value = <T>(reading: Reading<T>): T => {
  if (!reading.ok) throw new Error(`${reading.reason}: ${reading.detail}`);
  return reading.value;
};

describe('the watch for stragglers', () => {
  it('begins without a verdict, and knows each GPU and its job after a minute', async () => {
    const { watch, run } = node();
    const first = await watch.collect(undefined as never, signal);
    expect(first.gpuMinutes).toMatchObject({ ok: false, reason: 'no-history' });
    const { gpuMinutes } = await run(1);
    expect(
      value(gpuMinutes).map(({ ref, jobId, role, window }) => [ref.index, jobId, role, window?.busyRatio]),
    ).toEqual([0, 1, 2, 3].map((index) => [index, '77', 'all', 1]));
    watch.release?.();
  });

  it('accuses a GPU that throttles while its peers wait for it, with the job', async () => {
    const { watch, run } = node({ slowGpu: 2 });
    await watch.collect(undefined as never, signal);
    const { stragglers } = await run(40);
    const [job] = value(stragglers).jobs;
    expect(job).toMatchObject({ jobId: '77', gpus: 4 });
    expect(job?.stragglers.map(({ component }) => component.index)).toEqual([2]);
    expect(job?.stragglers[0]?.causes.map(({ kind }) => kind)).toContain('thermal_throttle');
    watch.release?.();
  });

  it('says nothing more of a job that has ended, though nothing told who it was', async () => {
    const { watch, run, endJob } = node({ slowGpu: 2, hasNoJobManager: true });
    await watch.collect(undefined as never, signal);
    const before = value((await run(40)).stragglers);
    expect(before.jobs[0]?.stragglers).toHaveLength(1);
    expect(before.relativePerformance).toHaveLength(4);
    endJob();
    const { jobs, relativePerformance } = value((await run(10)).stragglers);
    expect(jobs).toMatchObject([{ jobId: '', verdict: 'cannot_tell', stragglers: [] }]);
    expect(relativePerformance).toEqual([]);
    watch.release?.();
  });

  it('knows the jobs for five minutes more while the query that tells of processes fails', async () => {
    const { watch, run, answerQuery } = node({ slowGpu: 2 });
    await watch.collect(undefined as never, signal);
    await run(40);
    answerQuery(false);
    const during = await run(5);
    expect(value(during.gpuMinutes).map(({ jobId }) => jobId)).toEqual(['77', '77', '77', '77']);
    expect(value(during.stragglers).jobs[0]?.stragglers.map(({ component }) => component.index)).toEqual([2]);
    const after = await run(1);
    expect(value(after.gpuMinutes).map(({ jobId }) => jobId)).toEqual(['', '', '', '']);
    answerQuery(true);
    const again = await run(1);
    expect(value(again.gpuMinutes).map(({ jobId }) => jobId)).toEqual(['77', '77', '77', '77']);
    watch.release?.();
  });

  it('does not keep a job whose processes are seen to be gone', async () => {
    const { watch, run, answerQuery, endJob } = node();
    await watch.collect(undefined as never, signal);
    await run(2);
    endJob();
    await run(1);
    answerQuery(false);
    const { gpuMinutes } = await run(1);
    expect(value(gpuMinutes).map(({ jobId }) => jobId)).toEqual(['', '', '', '']);
    watch.release?.();
  });

  it('gives one role to a GPU whose rank posts it', async () => {
    const steps: readonly StepTime[] = [0, 1, 2, 3].map((rank) => ({
      jobId: '77',
      rank,
      step: 1,
      seconds: 1,
      role: `stage${rank % 2}`,
      at: START,
    }));
    const { watch, run } = node({ steps });
    await watch.collect(undefined as never, signal);
    const { gpuMinutes } = await run(1);
    expect(value(gpuMinutes).map(({ role }) => role)).toEqual(['stage0', 'stage1', 'stage0', 'stage1']);
    // What it posted half an hour ago says nothing of now.
    const { gpuMinutes: later } = await run(31);
    expect(value(later).map(({ role }) => role)).toEqual(['all', 'all', 'all', 'all']);
    watch.release?.();
  });

  it('asked twice in a minute says the same, and counts it once', async () => {
    const { watch, run } = node();
    await watch.collect(undefined as never, signal);
    const { gpuMinutes } = await run(2);
    expect(value((await watch.collect(undefined as never, signal)).gpuMinutes)).toBe(value(gpuMinutes));
    watch.release?.();
  });

  it('has nothing to say two minutes after the tool stopped answering: no value freezes', async () => {
    const { watch, run, fail } = node();
    await watch.collect(undefined as never, signal);
    await run(3);
    await fail(absent('timeout', 'nvidia-smi: said nothing for 25 s'));
    const { gpuMinutes, stragglers } = await run(2, false);
    expect(gpuMinutes).toMatchObject({ ok: false, reason: 'timeout' });
    expect(stragglers).toMatchObject({ ok: false, reason: 'timeout' });
    watch.release?.();
  });

  it('begins anew when the clock is set', async () => {
    const { watch, run, stepClock } = node();
    await watch.collect(undefined as never, signal);
    await run(3);
    stepClock(-3_600_000);
    const { gpuMinutes } = await run(1);
    // The minute in which the clock was set holds samples of both clocks: it is given up.
    expect(gpuMinutes.ok).toBe(false);
    expect(value((await run(1)).gpuMinutes)).toHaveLength(4);
    watch.release?.();
  });

  it('runs one tool for as long as it is asked, and none once it is released', async () => {
    const { watch, run, followers } = node();
    await watch.collect(undefined as never, signal);
    await run(2);
    expect(followers()).toBe(1);
    watch.release?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(followers()).toBe(0);
    await watch.collect(undefined as never, signal);
    expect(followers()).toBe(1);
    watch.release?.();
  });

  it('is shed with what is optional, and knows which source it is', () => {
    const { watch } = node();
    expect(watch).toMatchObject({ id: 'nvidia-smi-follow', sheddable: true, provides: ['gpuMinutes', 'stragglers'] });
  });
});

describe('a day of samples', () => {
  it('leaves no more behind than an hour', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const held = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const { watch, run } = node({ slowGpu: 1 });
    await watch.collect(undefined as never, signal);
    await run(60);
    const afterHour = held();
    const { gpuMinutes } = await run(23 * 60);
    // 66,000 samples of a dozen numbers are 15 MB.
    expect(held() - afterHour).toBeLessThan(4e6);
    expect(value(gpuMinutes)).toHaveLength(4);
    watch.release?.();
  }, 120_000);
});
