import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { createStragglerWatch } from '../../src/agent/straggler-watch.ts';
import { type AnyCollector, type Host, known, type S } from '../../src/api.ts';
import { createCollectors } from '../../src/collectors/index.ts';
import { createEngine } from '../../src/engine/engine.ts';
import { readNode } from '../../src/engine/node.ts';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { treeHost } from '../../src/host/tree-host.ts';
import { renderMetrics } from '../../src/metrics/render.ts';
import { fakeTools } from '../../src/mock/fake-tools.ts';
import { treeWriter } from '../../src/mock/owner-files.ts';
import { resolveMock } from '../../src/mock/resolve.ts';
import { renderWorld } from '../../src/mock/world.ts';
import { verdictOfSnapshot } from '../support/judge-machine.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const runTool = promisify(execFile);
const START_MS = Date.UTC(2026, 8, 1, 12, 0, 0);
/** Ten samples a window are enough. */
const TICK_MS = 30_000;

/** A simulated machine whose clock the test turns: files and tools are those that `--mock` gives to an agent. */
const machineOf = (healthy: string) => {
  const dir = temporaryDirectory();
  const write = treeWriter(dir);
  mkdirSync(join(dir, 'bin'));
  const tool = join(dir, 'bin/nvidia-smi');
  writeFileSync(tool, fakeTools(join(dir, 'answers')).get('nvidia-smi') ?? '');
  chmodSync(tool, 0o755);
  let atMs = START_MS;
  let spec = healthy;
  const tree = () => {
    const mock = resolveMock(spec);
    if (!mock.ok) throw new Error(mock.error);
    return renderWorld({ ...mock.value, seed: 'test', startMs: START_MS, atMs });
  };
  let shown = treeHost(tree(), { at: atMs });
  let print: (lines: readonly string[]) => void = () => {};
  let query: readonly string[] = [];

  const host: Host = {
    run: (...args) => shown.run(...args),
    read: (path) => shown.read(path),
    list: (path) => shown.list(path),
    kernelRecords: () => shown.kernelRecords(),
    now: () => atMs,
    follow: async function* (_, args, { signal }): AsyncGenerator<S> {
      // Asked again for each sample: a real one waits for real seconds in between.
      query = args.filter((arg, i) => arg !== '-l' && args[i - 1] !== '-l');
      let isFirst = true;
      signal.addEventListener('abort', () => print([]), { once: true });
      while (!signal.aborted) {
        const lines = await new Promise<readonly string[]>((resolve) => {
          print = resolve;
        });
        for (const line of isFirst ? lines : lines.slice(1)) yield known(line);
        isFirst = false;
      }
    },
  };

  return {
    host,
    monotonicMs: () => atMs - START_MS,
    turnInto: (next: string) => {
      spec = next;
    },
    tick: async () => {
      atMs += TICK_MS;
      const now = tree();
      write(now);
      shown = treeHost(now, { at: atMs });
      if (query.length === 0) return;
      const { stdout } = await runTool(tool, [...query], { env: {} });
      print(stdout.trimEnd().split('\n'));
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
};

const METRICS = {
  version: '0.0.0',
  configReloadOk: true,
  enforcementEnabled: true,
  detail: 'standard',
  maxSeries: Number.POSITIVE_INFINITY,
  validations: [],
} as const;

describe('an agent on a node with a job', () => {
  it('names the GPU that holds it back, everywhere it is asked, and acquits nobody when the job has ended', async () => {
    const machine = machineOf('hgx-h100-8+busy');
    const { host, monotonicMs } = machine;
    let latest: Snapshot | undefined;
    const engine = createEngine({
      host,
      node: await readNode(host, { name: 'node-1' }),
      checks,
      settings: {
        siteProfiles: [],
        checks: {},
        optionalSources: new Set(),
        nicRoles: [],
        kernelLogTrust: 'kernel',
      },
      abandoned: { count: () => 0, oldestSeconds: () => 0 },
      monotonicMs,
    });
    const watch = createStragglerWatch({
      host,
      facts: () => latest?.facts ?? {},
      steps: () => [],
      mappingDirectory: () => undefined,
      monotonicMs,
    });
    const collectors = [...createCollectors({ inventoryCommand: { file: 'none', args: [] } }), watch];
    const told: string[] = [];

    /** What else a node says does not change in this hour. */
    const followed = collectors.filter(({ id }) => id === 'nvidia-smi' || id === watch.id);

    const judge = async (asked: readonly AnyCollector[] = followed): Promise<Snapshot> => {
      for (const collector of asked) await engine.collect(collector, collector.deadlineMs);
      latest = engine.assess({ context: 'continuous', lifetimes: 'observe', keepStale: true });
      for (const { type, finding } of latest.changes)
        if (finding.check === 'straggler/lagging-gpu')
          told.push(`${type} gpu${finding.component.index} ${finding.code}`);
      return latest;
    };
    const work = async (minutes: number): Promise<Snapshot> => {
      for (let minute = 0; minute < minutes; minute += 1) {
        for (let tick = 0; tick < 60_000 / TICK_MS; tick += 1) await machine.tick();
        await judge();
      }
      return judge();
    };
    const seriesOf = async (snapshot: Snapshot): Promise<readonly string[]> =>
      (await renderMetrics(snapshot, METRICS)).split('\n').filter((line) => /^muster_gpu_/.test(line));

    await judge(collectors);
    const healthy = await work(20);
    expect(told).toEqual([]);
    const before = await seriesOf(healthy);
    expect(before.filter((line) => /straggler_level|cause_active/.test(line))).toEqual([]);
    expect(before.filter((line) => line.includes('muster_gpu_job_info{'))).toHaveLength(8);
    expect(before.find((line) => /^muster_gpu_job_info\{gpu="3",.*job_id="4242"/.test(line))).toBeDefined();

    machine.turnInto('hgx-h100-8+busy+throttle@gpu3');
    const slow = await work(20);
    const series = await seriesOf(slow);
    const ofGpu3 = (name: string): readonly string[] =>
      series.filter((line) => line.startsWith(`muster_gpu_${name}{gpu="3",`));
    expect(series.filter((line) => line.startsWith('muster_gpu_straggler_level'))).toEqual([
      expect.stringMatching(/^muster_gpu_straggler_level\{gpu="3",.*level="likely"\} 1$/),
    ]);
    expect(series.filter((line) => line.startsWith('muster_gpu_cause_active'))).toEqual([
      expect.stringMatching(/gpu="3",.*cause="thermal_throttle"/),
    ]);
    for (const name of ['busy_ratio', 'sm_clock_hertz', 'power_watts', 'throttle_ratio', 'temperature_celsius'])
      expect(ofGpu3(`window_${name}`), name).not.toEqual([]);
    expect(ofGpu3('job_info')).toHaveLength(1);
    expect(Number(ofGpu3('relative_performance_ratio')[0]?.split(' ').at(-1))).toBeLessThan(0.95);

    const status = verdictOfSnapshot(slow).checks.find(({ id }) => id === 'straggler/lagging-gpu');
    expect(status).toMatchObject({
      severity: 'WARNING',
      findings: [{ code: 'likely', component: { index: 3 }, evidence: { job_id: '4242' } }],
    });
    expect(told.at(-1)).toBe('finding_raised gpu3 likely');

    machine.turnInto('hgx-h100-8');
    const after = await work(24);
    expect((await seriesOf(after)).filter((line) => /straggler_level|cause_active|job_info/.test(line))).toEqual([]);
    expect(verdictOfSnapshot(after).checks.find(({ id }) => id === 'straggler/lagging-gpu')).toMatchObject({
      severity: 'SKIPPED',
      findings: [],
    });
    expect(told.at(-1)).toBe('finding_cleared gpu3 likely');
    watch.release?.();
  }, 180_000);
});
