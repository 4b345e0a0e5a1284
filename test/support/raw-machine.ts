import type { AnyCollector, Context } from '../../src/api.ts';
import type { Engine, EngineSettings } from '../../src/engine/engine.ts';
import type { CheckResult } from '../../src/engine/snapshot.ts';
import type { Moment } from '../../src/host/playback.ts';
import { ABSENCES } from '../../src/host/tree-answers.ts';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { type JudgingOptions, judgeMoments, momentsOf, verdictOfSnapshot } from './judge-machine.ts';

/** What becomes of the text of a file or command; nothing: it is not there. */
export type Edit = string | undefined | ((text: string) => string | undefined);

/** Which of its samples a change is about, counted from 0; without it all. */
interface When {
  readonly from?: number;
}

/**
 * What a machine says, as text, sample by sample, and how it is changed. Paths are those of a recording
 * (`commands/nvidia-smi_-q_-x.out`, `sys/class/…`, `proc/…`); in them `*` stands for anything within a name and `**` for
 * anything. Every method answers with another machine.
 */
export interface RawMachine {
  /** Replaces, adds or removes. A pattern with a star changes what is there; a path without one may also be new. */
  readonly with: (edits: Readonly<Record<string, Edit>>, when?: When) => RawMachine;
  readonly without: (...patterns: readonly string[]) => RawMachine;
  /** Files, directories and `kmsg` (or, with `commands/<key>`, commands) that answer with an absence: `denied: EACCES`. */
  readonly failing: (absences: Readonly<Record<string, string>>, when?: When) => RawMachine;
  /** The kernel says this, so many seconds (10) before the last sample; `facility` 1 is a user. */
  readonly saying: (
    lines: readonly string[],
    o?: { readonly secondsAgo?: number; readonly facility?: number },
  ) => RawMachine;
  readonly configured: (settings: Partial<EngineSettings>) => RawMachine;
  readonly in: (context: Context) => RawMachine;
  /** What no collector reads: facts of the agent. */
  readonly prepared: (prepare: (engine: Engine) => void) => RawMachine;
  readonly alsoAsking: (collector: AnyCollector) => RawMachine;
  /** A child of the tool was given up and has been hanging for so long. */
  readonly hangingFor: (tool: string, seconds: number) => RawMachine;
  /** What the check makes of it. */
  readonly judge: (check: string) => Promise<CheckResult>;
  /** What all checks make of it. */
  readonly verdict: () => Promise<VerdictReport>;
  readonly moments: readonly Moment[];
  /** What was changed of the healthy machine that it began as: where the bad news stands. */
  readonly changedPaths: readonly string[];
}

interface State {
  readonly healthy: readonly Moment[];
  readonly moments: readonly Moment[];
  readonly settings: Partial<EngineSettings>;
  readonly context: Context;
  readonly prepare: readonly ((engine: Engine) => void)[];
  readonly collectors: readonly AnyCollector[];
  readonly hungSeconds: Readonly<Record<string, number>>;
}

const patternOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split(/(\*\*|\*)/)
      .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
      .join('')}$`,
  );

const edited = (tree: ReadonlyMap<string, string>, pattern: string, edit: Edit): Map<string, string> => {
  const changed = new Map(tree);
  const isPattern = pattern.includes('*');
  const matcher = patternOf(pattern);
  const paths = isPattern ? [...tree.keys()].filter((path) => matcher.test(path)) : [pattern];
  // A change of what is not there is a mistake of the test.
  if (paths.length === 0 || (!isPattern && typeof edit === 'function' && !tree.has(pattern)))
    throw new Error(`${pattern}: the machine has no such file`);
  for (const path of paths) {
    const text = typeof edit === 'function' ? edit(tree.get(path) ?? '') : edit;
    if (text === undefined) changed.delete(path);
    else changed.set(path, text);
  }
  return changed;
};

const failed = (tree: ReadonlyMap<string, string>, path: string, absence: string): Map<string, string> => {
  const changed = new Map(tree);
  if (path === 'kmsg') {
    changed.delete(path);
    return changed.set(ABSENCES, `${changed.get(ABSENCES) ?? ''}kmsg\t${absence}\n`);
  }
  if (path.startsWith('commands/')) {
    for (const kind of ['out', 'err', 'exit']) changed.delete(`${path}.${kind}`);
    changed.set(`${path}.exit`, `${absence}\n`);
    return changed;
  }
  for (const key of tree.keys()) if (key === path || key.startsWith(`${path}/`)) changed.delete(key);
  changed.set(ABSENCES, `${changed.get(ABSENCES) ?? ''}/${path}\t${absence}\n`);
  return changed;
};

const bootedAt = (tree: ReadonlyMap<string, string>): number =>
  Number(/^btime (\d+)$/m.exec(tree.get('proc/stat') ?? '')?.[1] ?? 0) * 1000;

const changedPaths = ({ moments, healthy }: State): readonly string[] => {
  const paths = moments.flatMap(({ tree }, i) => {
    const before = healthy[Math.min(i, healthy.length - 1)]?.tree ?? new Map<string, string>();
    return [...new Set([...tree.keys(), ...before.keys()])].filter((path) => tree.get(path) !== before.get(path));
  });
  return [...new Set(paths)].filter((path) => path !== ABSENCES);
};

const machineOf = (state: State): RawMachine => {
  const changed = (
    change: (tree: ReadonlyMap<string, string>) => ReadonlyMap<string, string>,
    { from = 0 }: When = {},
  ) =>
    machineOf({
      ...state,
      moments: state.moments.map((moment, i) => (i < from ? moment : { ...moment, tree: change(moment.tree) })),
    });
  const asked: JudgingOptions = {
    context: state.context,
    collectors: state.collectors,
    hungSeconds: state.hungSeconds,
    prepare: (engine) => {
      for (const prepare of state.prepare) prepare(engine);
    },
  };
  return {
    moments: state.moments,
    changedPaths: changedPaths(state),
    with: (edits, when) =>
      changed(
        (tree) => Object.entries(edits).reduce((text, [pattern, edit]) => edited(text, pattern, edit), new Map(tree)),
        when,
      ),
    without: (...patterns) =>
      changed((tree) => patterns.reduce((text, pattern) => edited(text, pattern, undefined), new Map(tree))),
    failing: (absences, when) =>
      changed(
        (tree) =>
          Object.entries(absences).reduce((text, [path, absence]) => failed(text, path, absence), new Map(tree)),
        when,
      ),
    saying: (lines, { secondsAgo = 10, facility = 0 } = {}) => {
      const last = state.moments.at(-1)?.at ?? 0;
      return changed((tree) => {
        const ring = tree.get('kmsg') ?? '';
        const microseconds = (last - bootedAt(tree) - secondsAgo * 1000) * 1000;
        const records = lines.map((line, i) => `${facility * 8 + 4},${900_000 + i},${microseconds + i},-;${line}\n`);
        return new Map([...tree, ['kmsg', ring + records.join('')]]);
      });
    },
    configured: (settings) => machineOf({ ...state, settings: { ...state.settings, ...settings } }),
    in: (context) => machineOf({ ...state, context }),
    prepared: (prepare) => machineOf({ ...state, prepare: [...state.prepare, prepare] }),
    alsoAsking: (collector) => machineOf({ ...state, collectors: [...state.collectors, collector] }),
    hangingFor: (tool, seconds) => machineOf({ ...state, hungSeconds: { ...state.hungSeconds, [tool]: seconds } }),
    verdict: async () => verdictOfSnapshot(await judgeMoments(state.moments, state.settings, asked)),
    judge: async (check) => {
      const snapshot = await judgeMoments(state.moments, state.settings, { ...asked, only: check });
      const result = snapshot.checks.find(({ id }) => id === check);
      if (result === undefined) throw new Error(`${check} did not run`);
      return result;
    },
  };
};

/** Samples of a machine, such as those of a recording. */
export const rawMachine = (moments: readonly Moment[]): RawMachine =>
  machineOf({
    moments,
    healthy: moments,
    settings: {},
    context: 'prejob',
    prepare: [],
    collectors: [],
    hungSeconds: {},
  });

/** A simulated machine: `hgx-h100-8+xid79@gpu3`, at so many seconds after its start. */
export const simulated = (spec = 'hgx-h100-8', secondsAfterStart: readonly number[] = [0, 5]): RawMachine =>
  machineOf({
    moments: momentsOf(spec, secondsAfterStart),
    healthy: momentsOf(spec.split('+')[0] ?? spec, secondsAfterStart),
    settings: {},
    context: 'prejob',
    prepare: [],
    collectors: [],
    hungSeconds: {},
  });
