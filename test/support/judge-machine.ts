import { checks } from '../../checks/index.ts';
import type { AnyCollector, Context } from '../../src/api.ts';
import { createCollectors } from '../../src/collectors/index.ts';
import { createEngine, type Engine, type EngineSettings } from '../../src/engine/engine.ts';
import { readNode } from '../../src/engine/node.ts';
import { runOneShot } from '../../src/engine/one-shot.ts';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { type Moment, playback } from '../../src/host/playback.ts';
import { resolveMock } from '../../src/mock/resolve.ts';
import { renderWorld } from '../../src/mock/world.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import type { VerdictReport } from '../../src/report/verdict-report.ts';

/** A fixed afternoon, so that golden files stay as they are. */
export const STARTED_AT = Date.UTC(2026, 8, 1, 12, 0, 0);

const SETTINGS: EngineSettings = {
  siteProfiles: [],
  checks: {},
  optionalSources: new Set(),
  nicRoles: [],
  kernelLogTrust: 'kernel',
};

/** A simulated machine over time, in process: what its tools and files say, sample by sample. */
export const momentsOf = (spec: string, secondsAfterStart: readonly number[] = [0, 5]): Moment[] => {
  const mock = resolveMock(spec);
  if (!mock.ok) throw new Error(mock.error);
  return secondsAfterStart.map((seconds) => {
    const at = STARTED_AT + seconds * 1000;
    return { tree: renderWorld({ ...mock.value, seed: 'test', startMs: STARTED_AT, atMs: at }), at };
  });
};

export interface JudgingOptions {
  readonly context?: Context;
  /** Besides those that ship. */
  readonly collectors?: readonly AnyCollector[];
  /** Only this check; all sources that it needs are asked. */
  readonly only?: string;
  /** What no source tells, before anything is asked. */
  readonly prepare?: (engine: Engine) => void;
  /** For how long an abandoned child of a tool has been hanging. */
  readonly hungSeconds?: Readonly<Record<string, number>>;
}

/** Judges samples through collectors, engine and checks, without a process or a file. */
export const judgeMoments = async (
  moments: readonly Moment[],
  settings: Partial<EngineSettings> = {},
  o: JudgingOptions = {},
): Promise<Snapshot> => {
  const host = playback(moments);
  const node = await readNode(host, { name: 'node-1' });
  const engine = createEngine({
    host,
    node,
    checks,
    settings: { ...SETTINGS, ...settings },
    abandoned: {
      count: () => Object.keys(o.hungSeconds ?? {}).length,
      oldestSeconds: (tool) => o.hungSeconds?.[tool] ?? 0,
    },
  });
  o.prepare?.(engine);
  return runOneShot({
    engine,
    checks: o.only === undefined ? checks : checks.filter(({ id }) => id === o.only),
    collectors: [...createCollectors({ inventoryCommand: { file: 'none', args: [] } }), ...(o.collectors ?? [])],
    context: o.context ?? 'prejob',
    timeoutMs: 60_000,
    next: async () => host.step(),
  });
};

export const verdictOfSnapshot = (snapshot: Snapshot): VerdictReport =>
  verdictOf(snapshot, {
    level: 'prejob',
    source: 'recording',
    version: '0.0.0',
    startedAt: snapshot.at,
    durationSeconds: 0,
    ageSeconds: 0,
    failOn: 'critical',
    unknown: 'fail',
    expectGpus: true,
    now: snapshot.at,
  });

export const judgeSpec = async (spec: string, settings?: Partial<EngineSettings>): Promise<VerdictReport> =>
  verdictOfSnapshot(await judgeMoments(momentsOf(spec), settings));
