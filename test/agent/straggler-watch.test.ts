import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createStragglerWatch } from '../../src/agent/straggler-watch.ts';
import { absent, type Facts, known, type Reading, type S, type StepTime } from '../../src/api.ts';
import type { FactMap } from '../../src/engine/snapshot.ts';
import { factOf, healthyGpu } from '../support/healthy-gpu.ts';

const START = Date.UTC(2026, 6, 3);
const { signal } = new AbortController();

/** A node with four GPUs at work on a Slurm job, whose nvidia-smi prints when the test says so. */
const node = (o: { readonly slowGpu?: number; readonly steps?: readonly StepTime[] } = {}) => {
  let ms = 0;
  let clockStepMs = 0;
  let print: (line: S) => void = () => {};
  let followers = 0;
  const now = (): number => START + ms + clockStepMs;

  const follow = async function* (_: string, args: readonly string[], options: { readonly signal: AbortSignal }) {
    const waiting: S[] = [known((args[0] ?? '').replace('--query-gpu=', '').replaceAll(',', ', '))];
    let wake = (): void => {};
    print = (line) => {
      waiting.push(line);
      wake();
    };
    followers += 1;
    options.signal.addEventListener('abort', () => wake(), { once: true });
    try {
      while (!options.signal.aborted) {
        for (const line of waiting.splice(0)) yield line;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || options.signal.aborted) resolve();
        });
      }
    } finally {
      followers -= 1;
    }
  };

  const gpus = Array.from({ length: 4 }, (_, i) =>
    healthyGpu(i, { processes: known([{ pid: 100 + i, name: 'python3', type: 'C', memoryBytes: known(70e9) }]) }),
  );
  const files: Readonly<Record<string, string>> = Object.fromEntries(
    gpus.map((__, i) => [`/proc/${100 + i}/cgroup`, '0::/system.slice/slurmstepd.scope/job_77/step_0\n']),
  );
  const watch = createStragglerWatch({
    host: {
      run: async () => absent('no-tool', ''),
      follow,
      read: async (path) => {
        const text = files[path];
        return text === undefined ? absent('no-device', path) : known(text);
      },
      list: async () => absent('no-device', ''),
      kernelRecords: async () => absent('not-recorded', ''),
      now,
    },
    facts: (): FactMap => ({ gpus: factOf(gpus) }),
    steps: () => o.steps ?? [],
    mappingDirectory: () => undefined,
    monotonicMs: () => ms,
  });

  const lineOf = (i: number): string => {
    const { index, uuid, pciBusId, model } = gpus[i]?.ref ?? {};
    const isSlow = i === o.slowGpu;
    const wobble = ((ms / 5000) * (i + 3)) % 3;
    const counted = isSlow ? Math.round(ms * 1000 * 0.4) : 0;
    return [
      '2026/07/03 00:00:00.000',
      `${index}, ${uuid}, ${pciBusId}, ${model}`,
      `100, ${isSlow ? 1500 : 1900 + Math.round(wobble)}`,
      `${(isSlow ? 470 : 650) + wobble}, 700.00, 700.00, ${isSlow ? 84 : 61}, 70, 5, 5, 16, 16, 1980, 1980, 0, 0`,
      ...Array.from({ length: 6 }, (__, reason) => (isSlow && reason === 3 ? 'Active' : 'Not Active')),
      `0, 0, ${counted}, 0`,
    ].join(', ');
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    watch,
    followers: () => followers,
    /** Lets the time go by, with or without answers of the tool; asks once a minute. */
    run: async (minutes: number, isPrinting = true) => {
      let answer: { gpuMinutes: Reading<unknown>; stragglers: Reading<unknown> } | undefined;
      for (let minute = 0; minute < minutes; minute += 1) {
        for (let tick = 0; tick < 12; tick += 1) {
          ms += 5000;
          if (isPrinting) for (let i = 0; i < 4; i += 1) print(known(lineOf(i)));
          await settle();
        }
        answer = await watch.collect(undefined as never, signal);
      }
      return answer as { gpuMinutes: Reading<Facts['gpuMinutes']>; stragglers: Reading<Facts['stragglers']> };
    },
    fail: async (line: S) => {
      print(line);
      await settle();
    },
    stepClock: (by: number) => {
      clockStepMs += by;
    },
  };
};

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
