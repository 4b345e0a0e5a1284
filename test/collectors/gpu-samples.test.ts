import { describe, expect, it } from 'vitest';
import { absent, known, type S } from '../../src/api.ts';
import { createSampleFollower, type FollowedSample } from '../../src/collectors/gpu-samples.ts';

const NOW = Date.UTC(2026, 6, 3, 22, 11);
const UUID = 'GPU-12b33342-2f40-8db4-cf55-860d5a0833d0';

/** An nvidia-smi of a driver that knows all columns but these; prints one line, then does as told. */
interface Driver {
  readonly unknown?: (column: string) => boolean;
  readonly then?: 'runs' | 'ends' | 'stalls' | 'hangs' | 'mumbles';
}

const VALUES: Readonly<Record<string, string>> = {
  timestamp: '2026/07/03 22:11:09.763',
  index: '0',
  uuid: UUID,
  'pci.bus_id': '00000000:83:00.0',
  name: 'NVIDIA H200',
  'utilization.gpu': '100 %',
  'clocks.current.sm': '1980 MHz',
  'power.draw': '627.40 W',
};
const UNITS: Readonly<Record<string, string>> = {
  'utilization.gpu': ' [%]',
  'clocks.current.sm': ' [MHz]',
  'power.draw': ' [W]',
};

const printed = (column: string): string =>
  VALUES[column] ??
  (column.startsWith('clocks_event_reasons.') || column.startsWith('clocks_throttle') ? 'Not Active' : '[N/A]');

const watch = async (driver: Driver, pauses = 1) => {
  const starts: (readonly string[])[] = [];
  const samples: FollowedSample[] = [];
  const paused: number[] = [];
  let stopped: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  let ms = 0;

  const follow = async function* (
    _: string,
    args: readonly string[],
    { signal }: { readonly stallMs: number; readonly signal: AbortSignal },
  ): AsyncGenerator<S> {
    const columns = (args[0] ?? '').replace('--query-gpu=', '').split(',');
    starts.push(columns);
    if (driver.then === 'hangs') {
      yield absent('hung', 'nvidia-smi hangs; not started again while that process lives');
      return;
    }
    const refused = columns.find((column) => driver.unknown?.(column));
    if (refused !== undefined) {
      yield known(`Field "${refused}" is not a valid field to query.`);
      yield known('');
      yield absent('failed', 'nvidia-smi: exited with code 2');
      return;
    }
    if (driver.then === 'mumbles')
      yield known('Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error');
    yield known(columns.map((column) => `${column}${UNITS[column] ?? ''}`).join(', '));
    yield known(columns.map(printed).join(', '));
    if (driver.then === 'stalls') yield absent('timeout', 'nvidia-smi: said nothing for 25 s');
    if (driver.then === 'ends') yield absent('failed', 'nvidia-smi: exited with code 255');
    if (driver.then !== undefined && driver.then !== 'runs' && driver.then !== 'mumbles') return;
    stopped();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  };

  const follower = createSampleFollower({
    host: { follow: (...args) => follow(...args), now: () => NOW },
    monotonicMs: () => {
      ms += 10;
      return ms;
    },
    onSample: (one) => samples.push(one),
    pause: async (wait, signal) => {
      paused.push(wait);
      if (paused.length < pauses) return;
      stopped();
      if (!signal.aborted)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    },
  });
  follower.start();
  follower.start();
  await over;
  const trouble = follower.trouble();
  follower.stop();
  return { starts, samples, paused, trouble };
};

describe('the follower of nvidia-smi', () => {
  it('is one process, and dates its lines by our clock', async () => {
    const { starts, samples, trouble } = await watch({ then: 'runs' });
    expect(starts).toHaveLength(1);
    expect(trouble).toBeUndefined();
    expect(samples).toMatchObject([
      {
        ref: { kind: 'gpu', key: `gpu:${UUID}`, index: 0, pciBusId: '00000000:83:00.0', model: 'NVIDIA H200' },
        sample: { at: NOW, utilizationRatio: 1, smClockHertz: 1.98e9, powerWatts: 627.4 },
      },
    ]);
  });

  it('asks a driver before 535 for the old names, and for no counters', async () => {
    const { starts, samples, paused } = await watch({ unknown: (column) => column.startsWith('clocks_event_reasons') });
    expect(starts.at(-1)).toContain('clocks_throttle_reasons.hw_thermal_slowdown');
    expect(starts.at(-1)?.filter((column) => column.includes('event') || column.includes('counters'))).toEqual([]);
    expect(starts).toHaveLength(2);
    // A column that is not known is no failure: nothing is waited for.
    expect(paused).toEqual([]);
    expect(samples[0]?.sample.throttled).toMatchObject({ hw_thermal: false });
  });

  it.each([
    ['the counters', (column: string) => column.startsWith('clocks_event_reasons_counters'), 2],
    ['the temperature of the memory', (column: string) => column === 'temperature.memory', 2],
    ['every kind of rows and limits', (column: string) => /rows|limit/.test(column), 5],
    ['every reason', (column: string) => column.includes('reasons'), 8],
  ])('does without %s', async (_, unknown, starts) => {
    const seen = await watch({ unknown });
    expect(seen.starts).toHaveLength(starts);
    expect(seen.starts.at(-1)?.some(unknown)).toBe(false);
    expect(seen.samples).toHaveLength(1);
  });

  it('says which column it cannot do without, and tries again later', async () => {
    const { starts, trouble, paused } = await watch({ unknown: (column) => column === 'utilization.gpu' });
    expect(starts).toHaveLength(1);
    expect(trouble).toMatchObject({ reason: 'unsupported', detail: expect.stringContaining('utilization.gpu') });
    expect(paused).toEqual([5000]);
  });

  it.each([
    ['ends', 'failed'],
    ['stalls', 'timeout'],
    ['hangs', 'hung'],
  ] as const)('starts one that %s again, later each time', async (then, reason) => {
    const { starts, paused, trouble } = await watch({ then }, 9);
    expect(paused).toEqual([5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000]);
    expect(starts).toHaveLength(9);
    expect(trouble?.reason).toBe(reason);
  });

  it('reads on over a line that is no answer', async () => {
    const { samples, trouble } = await watch({ then: 'mumbles' });
    expect(samples).toHaveLength(1);
    expect(trouble).toBeUndefined();
  });
});
