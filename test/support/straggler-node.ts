import { createStragglerWatch } from '../../src/agent/straggler-watch.ts';
import { absent, type Facts, type Host, known, type Reading, type S, type StepTime } from '../../src/api.ts';
import type { FactMap } from '../../src/engine/snapshot.ts';
import { factOf, healthyGpu } from './healthy-gpu.ts';

export const START = Date.UTC(2026, 6, 3);
const { signal } = new AbortController();

/** A node with four GPUs at work on a Slurm job, whose nvidia-smi prints when the test says so. */
export const stragglerNode = (
  o: {
    readonly slowGpu?: number;
    readonly steps?: readonly StepTime[];
    /** A board that is not the one that was there: its UUID. */
    readonly boards?: Readonly<Record<number, string>>;
    /** Megahertz by which a GPU is slower than its peers, as healthy ones are. */
    readonly chassis?: Readonly<Record<number, number>>;
    /** Minutes after `START` at which it begins. */
    readonly fromMinute?: number;
    /** Nothing tells which job a process belongs to. */
    readonly hasNoJobManager?: true;
  } = {},
) => {
  let ms = (o.fromMinute ?? 0) * 60_000;
  let isAtWork = true;
  let isHealed = false;
  let isQueryAnswered = true;
  let throttledMicroseconds = 0;
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

  const processOf = (i: number) => ({ pid: 100 + i, name: 'python3', type: 'C', memoryBytes: known(70e9) });
  const gpusNow = () =>
    Array.from({ length: 4 }, (_, i) => {
      const gpu = healthyGpu(i, { processes: known(isAtWork ? [processOf(i)] : []) });
      const uuid = o.boards?.[i];
      return uuid === undefined ? gpu : { ...gpu, ref: { ...gpu.ref, uuid, key: `gpu:${uuid}` } };
    });
  const gpus = gpusNow();
  const files: Readonly<Record<string, string>> = Object.fromEntries(
    gpus.map((__, i) => [
      `/proc/${100 + i}/cgroup`,
      o.hasNoJobManager === true ? '0::/user.slice\n' : '0::/system.slice/slurmstepd.scope/job_77/step_0\n',
    ]),
  );
  const host: Host = {
    run: async () => absent('no-tool', ''),
    follow,
    read: async (path) => {
      const text = files[path];
      return text === undefined ? absent('no-device', path) : known(text);
    },
    list: async () => absent('no-device', ''),
    kernelRecords: async () => absent('not-recorded', ''),
    now,
  };
  const watch = createStragglerWatch({
    host,
    facts: (): FactMap => ({
      gpus: isQueryAnswered
        ? factOf(gpusNow())
        : { ...absent('timeout', 'nvidia-smi -q -x: no answer in 30 s'), at: now(), source: 'nvidia-smi' },
    }),
    steps: () => o.steps ?? [],
    mappingDirectory: () => undefined,
    monotonicMs: () => ms,
  });

  const lineOf = (i: number): string => {
    const { index, uuid, pciBusId, model } = gpus[i]?.ref ?? {};
    if (!isAtWork)
      return [
        '2026/07/03 00:00:00.000',
        `${index}, ${uuid}, ${pciBusId}, ${model}`,
        '0, 345, 71, 700.00, 700.00, 34, 40, 1, 5, 16, 16, 1980, 1980, 0, 0',
        ...Array.from({ length: 6 }, () => 'Not Active'),
        `0, 0, ${i === o.slowGpu ? throttledMicroseconds : 0}, 0`,
      ].join(', ');
    const isSlow = i === o.slowGpu && !isHealed;
    const wobble = ((ms / 5000) * (i + 3)) % 3;
    // Microseconds; two of five seconds.
    if (isSlow) throttledMicroseconds += 2_000_000;
    const counted = i === o.slowGpu ? throttledMicroseconds : 0;
    return [
      '2026/07/03 00:00:00.000',
      `${index}, ${uuid}, ${pciBusId}, ${model}`,
      `100, ${isSlow ? 1500 : 1900 - (o.chassis?.[i] ?? 0) + Math.round(wobble)}`,
      `${(isSlow ? 470 : 650) + wobble}, 700.00, 700.00, ${isSlow ? 84 : 61}, 70, 5, 5, 16, 16, 1980, 1980, 0, 0`,
      ...Array.from({ length: 6 }, (__, reason) => (isSlow && reason === 3 ? 'Active' : 'Not Active')),
      `0, 0, ${counted}, 0`,
    ].join(', ');
  };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    watch,
    host,
    monotonicMs: () => ms,
    /** The processes are gone and the GPUs idle. */
    endJob: () => {
      isAtWork = false;
    },
    beginJob: () => {
      isAtWork = true;
    },
    heal: () => {
      isHealed = true;
    },
    /** Whether `nvidia-smi -q -x`, which tells of the processes, answers; the one that is followed goes on. */
    answerQuery: (isAnswered: boolean) => {
      isQueryAnswered = isAnswered;
    },
    followers: () => followers,
    /** Lets the time go by, with or without answers of the tool; asks once a minute. */
    run: async (minutes: number, isPrinting = true, ask: () => Promise<unknown> = async () => undefined) => {
      let answer: { gpuMinutes: Reading<unknown>; stragglers: Reading<unknown> } | undefined;
      for (let minute = 0; minute < minutes; minute += 1) {
        for (let tick = 0; tick < 12; tick += 1) {
          ms += 5000;
          if (isPrinting) for (let i = 0; i < 4; i += 1) print(known(lineOf(i)));
          await settle();
        }
        answer = await watch.collect(undefined as never, signal);
        await ask();
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
