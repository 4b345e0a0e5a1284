import { describe, expect, it } from 'vitest';
import type { Cause, Frame, GpuMinute, JobVerdict, RankStep } from '../../src/api.ts';
import { createDetector } from '../../src/straggler/detector.ts';
import { createEpisodes } from '../../src/straggler/episodes.ts';

interface Told {
  readonly clock?: number;
  readonly watts?: number;
  readonly busy?: number;
  readonly causes?: readonly Cause[];
  readonly throttled?: number;
  readonly jobId?: string;
  readonly role?: string;
  readonly model?: string;
  readonly silent?: boolean;
}

interface Place {
  readonly node: number;
  readonly gpu: number;
  readonly minute: number;
}

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 2);

/** Deterministic noise of ±1 %. */
const noise = ({ node, gpu, minute }: Place, salt: number): number =>
  1 + (((node * 7919 + gpu * 104_729 + minute * 1299_709 + salt * 15_485_863) % 201) - 100) / 10_000;

const minuteOf = (place: Place, told: Told): GpuMinute => {
  const { clock = 1, watts = 1, busy = 0.99, causes = [], throttled = 0, jobId = '1', role = 'all' } = told;
  const at = START + place.minute * MINUTE;
  const key = `node-${place.node}/GPU-${place.gpu}`;
  const ref = {
    kind: 'gpu',
    key,
    uuid: key,
    node: `node-${place.node}`,
    index: place.gpu,
    model: told.model ?? 'H100',
  } as const;
  if (told.silent === true) return { ref, jobId, role, causes: [] };
  const window = {
    at,
    busyRatio: busy,
    smClockHertz: 1.8e9 * clock * noise(place, 1),
    smClockP05Hertz: 1.75e9 * clock * noise(place, 2),
    powerWatts: 640 * watts * noise(place, 3),
    temperatureCelsius: 60,
    throttleRatio: { hw_thermal: throttled },
  };
  return { ref, jobId, role, window, causes };
};

const frames = (o: {
  readonly nodes: number;
  readonly gpus?: number;
  readonly minutes: number;
  readonly told: (place: Place) => Told;
}): readonly Frame[] =>
  Array.from({ length: o.minutes }, (_, minute) => ({
    at: START + minute * MINUTE,
    gpus: Array.from({ length: o.nodes * (o.gpus ?? 8) }, (__, i) => {
      const place = { node: Math.floor(i / (o.gpus ?? 8)), gpu: i % (o.gpus ?? 8), minute };
      return minuteOf(place, o.told(place));
    }),
  }));

const run = (all: readonly Frame[], steps?: ReadonlyMap<string, readonly RankStep[]>) => {
  const detector = createDetector();
  const episodes = createEpisodes();
  const watches = all.map((frame) => {
    const watch = detector.next(frame, steps);
    episodes.add(watch, frame.at);
    return watch;
  });
  const verdictAt = (minute: number, jobId = '1'): JobVerdict | undefined =>
    watches[minute]?.jobs.find((job) => job.jobId === jobId);
  return { verdictAt, whole: episodes.verdicts()[0] };
};

const accusedIn = (verdict: JobVerdict | undefined): readonly string[] =>
  (verdict?.stragglers ?? [])
    .filter(({ level }) => level !== 'suspect')
    .map(({ component: { node, index } }) => (index === undefined ? `${node}` : `${node}/${index}`));

const HOT: Cause = { kind: 'thermal_throttle', detail: 'thermally throttled 40 % of the last 5 min' };
const SLOW: Told = { clock: 0.85, watts: 0.85 };

describe('a verdict', () => {
  it('is none where half of the GPUs are held down and nobody can tell who is usual', () => {
    const one = run(frames({ nodes: 1, minutes: 40, told: ({ gpu }) => (gpu < 4 ? { clock: 0.8, watts: 0.8 } : {}) }));
    expect(one.verdictAt(39)).toMatchObject({ verdict: 'cannot_tell', stragglers: [] });
    expect(one.verdictAt(39)?.reason).toContain('clock lower and draw less');
  });

  it('is none where no GPU has three peers of its model', () => {
    const two = run(
      frames({
        nodes: 1,
        gpus: 6,
        minutes: 40,
        told: ({ gpu }) => ({ model: gpu < 3 ? 'A100' : 'H100', ...(gpu === 1 ? SLOW : {}) }),
      }),
    );
    expect(two.verdictAt(39)?.verdict).toBe('cannot_tell');
  });

  it('names the one that is far worse than those who share a little of its cause', () => {
    const mild = { causes: [HOT], throttled: 0.06 };
    const told = ({ node, gpu }: Place): Told => {
      if (node === 0 && gpu === 3) return { clock: 0.7, watts: 0.7, causes: [HOT], throttled: 0.8 };
      return gpu === 5 && node > 0 ? mild : {};
    };
    expect(accusedIn(run(frames({ nodes: 3, minutes: 40, told })).verdictAt(39))).toEqual(['node-0/3']);
  });

  it('ends with the effect, although its cause stands', () => {
    const rows: Cause = { kind: 'remapped_rows', detail: '12 remapped rows' };
    const told = ({ gpu, minute }: Place): Told =>
      gpu === 3 ? { causes: [rows], ...(minute >= 20 && minute < 45 ? { busy: 0.7, watts: 0.75 } : {}) } : {};
    const seen = run(frames({ nodes: 1, minutes: 90, told }));
    expect(accusedIn(seen.verdictAt(44))).toEqual(['node-0/3']);
    expect(seen.verdictAt(89)).toMatchObject({ verdict: 'suspect' });
  });

  it('does not follow a GPU into its next job', () => {
    const told = ({ gpu, minute }: Place): Told => ({
      ...(gpu === 3 && minute < 40 ? { ...SLOW, causes: [HOT], throttled: 0.4 } : {}),
      ...(gpu === 3 && minute >= 40 ? { jobId: '2' } : {}),
    });
    const seen = run(frames({ nodes: 2, minutes: 60, told }));
    expect(accusedIn(seen.verdictAt(39))).toHaveLength(2);
    expect(accusedIn(seen.verdictAt(59))).toEqual([]);
    expect(accusedIn(seen.verdictAt(59, '2'))).toEqual([]);
  });

  it('does not call a host under pressure what the whole job does at once', () => {
    const pressed: Cause = { kind: 'host_pressure', detail: 'tasks waited', weak: true };
    const told = ({ node, minute }: Place): Told =>
      minute < 30 ? {} : { watts: 0.87, ...(node === 0 ? { causes: [pressed] } : {}) };
    expect(accusedIn(run(frames({ nodes: 2, minutes: 60, told })).verdictAt(59))).toEqual([]);
  });

  it('measures the next workload of a node by itself', () => {
    const told = ({ gpu, minute }: Place): Told => {
      if (minute < 40) return {};
      if (minute < 55) return { busy: 0, watts: 0.15 };
      return { watts: gpu === 3 ? 0.3 : 0.37, ...(gpu === 3 ? { clock: 0.8, causes: [HOT], throttled: 0.5 } : {}) };
    };
    expect(accusedIn(run(frames({ nodes: 1, minutes: 85, told })).verdictAt(84))).toEqual(['node-0/3']);
  });

  it('of a GPU without a cause is not taken for that of its node', () => {
    const pressed: Cause = { kind: 'host_pressure', detail: 'tasks waited' };
    const told = ({ node, gpu }: Place): Told => ({
      ...(node === 0 ? { causes: [pressed] } : {}),
      ...(node === 0 && gpu === 2 ? { clock: 0.9 } : {}),
    });
    const { stragglers } = run(frames({ nodes: 6, minutes: 40, told })).verdictAt(39) ?? {};
    expect(stragglers?.map(({ component: { index } }) => index)).toContain(2);
  });
});

describe('a whole log', () => {
  it('still names who was slow long after a heat that all had', () => {
    const told = ({ node, gpu, minute }: Place): Told => {
      const wave = minute < 60 && gpu < 4;
      const alone = node === 1 && gpu === 6 && minute >= 120;
      return wave || alone ? { clock: 0.88, watts: 0.87, causes: [HOT], throttled: 0.4 } : {};
    };
    const { whole } = run(frames({ nodes: 5, minutes: 180, told }));
    expect(accusedIn(whole)).toEqual(['node-1/6']);
  });

  it('is one of a shared cause although some showed it first', () => {
    const told = ({ node, gpu, minute }: Place): Told =>
      node < 4 && gpu < 4 && minute >= 20 + 2 * node ? { clock: 0.88, watts: 0.87, causes: [HOT], throttled: 0.4 } : {};
    expect(run(frames({ nodes: 8, minutes: 80, told })).whole).toMatchObject({
      verdict: 'shared_cause',
      stragglers: [],
    });
  });

  it('says when it was over, and keeps the cause', () => {
    const told = ({ gpu, minute }: Place): Told =>
      gpu === 3 && minute >= 20 && minute < 50 ? { ...SLOW, causes: [HOT], throttled: 0.4 } : {};
    const [one] = run(frames({ nodes: 1, minutes: 100, told })).whole?.stragglers ?? [];
    expect(one?.causes).toEqual([HOT]);
    expect((one?.until ?? 0) - START).toBeLessThanOrEqual(52 * MINUTE);
  });
});

describe('step times beside telemetry', () => {
  const steps = (factor: (rank: number) => number, more: (rank: number) => object = () => ({})) =>
    new Map([
      [
        '1',
        Array.from({ length: 60 }, (_, step) =>
          Array.from({ length: 16 }, (__, rank) => ({
            step,
            rank,
            seconds: 4 * factor(rank) * noise({ node: 0, gpu: rank, minute: step }, 4),
            ...more(rank),
          })),
        ).flat(),
      ],
    ]);
  const where = (rank: number) => ({ node: `node-${rank >> 3}`, gpu: rank % 8 });
  const hot = ({ node, gpu }: Place): Told =>
    node === 1 && gpu === 2 ? { ...SLOW, causes: [HOT], throttled: 0.4 } : {};

  it('confirm what is seen besides', () => {
    const seen = run(
      frames({ nodes: 2, minutes: 40, told: hot }),
      steps((rank) => (rank === 10 ? 1.15 : 1), where),
    );
    expect(seen.verdictAt(39)?.stragglers[0]).toMatchObject({ level: 'confirmed', component: { index: 2 } });
  });

  it('do not confirm themselves', () => {
    const rows: Cause = { kind: 'remapped_rows', detail: '12 remapped rows' };
    const told = ({ node, gpu }: Place): Told => (node === 1 && gpu === 2 ? { causes: [rows] } : {});
    const seen = run(
      frames({ nodes: 2, minutes: 40, told }),
      steps((rank) => (rank === 10 ? 1.15 : 1), where),
    );
    expect(seen.verdictAt(39)?.stragglers[0]?.level).toBe('likely');
  });

  it('tell the slow rank also where they do not say where it runs', () => {
    const seen = run(
      frames({ nodes: 2, minutes: 40, told: () => ({}) }),
      steps((rank) => (rank === 10 ? 1.15 : 1)),
    );
    expect(seen.verdictAt(39)).toMatchObject({ verdict: 'suspect', stragglers: [] });
    expect(seen.verdictAt(39)?.reason).toContain('rank 10');
  });

  it('are the shape of the job where one role takes longer than the other', () => {
    const seen = run(
      frames({ nodes: 2, minutes: 40, told: () => ({}) }),
      steps(
        (rank) => (rank >= 12 ? 1.3 : 1),
        (rank) => ({ role: rank >= 12 ? 'last' : 'rest' }),
      ),
    );
    expect(seen.verdictAt(39)).toMatchObject({ verdict: 'job_shaped' });
    expect(seen.verdictAt(39)?.reason).toContain('role last');
  });
});
