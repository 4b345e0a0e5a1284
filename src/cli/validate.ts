import { writeFileSync } from 'node:fs';
import { checks as builtIn } from '../../checks/index.ts';
import { loadMemory } from '../agent/memory.ts';
import type { AnyCheck, Reading } from '../api.ts';
import type { Config } from '../config/config.ts';
import { readEnforcement } from '../config/enforcement.ts';
import { loadConfig } from '../config/load.ts';
import { withMachine } from '../config/machine.ts';
import { matchesGlob } from '../derive/glob.ts';
import { monotonicMs } from '../engine/elapsed.ts';
import { pauseOnce, runOneShot } from '../engine/one-shot.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { usageError } from '../errors.ts';
import type { ValidationLevel, ValidationSource } from '../report/verdict-report.ts';
import { oldestFactAt } from '../server/verdict-answer.ts';
import { loadBaseline, saveBaseline } from '../store/baseline.ts';
import { OF_THE_AGENT } from './agent-facts.ts';
import { readSelection, selectGpus, withoutForeignGpus } from './gpu-selection.ts';
import { leaveNow } from './leave.ts';
import { engineFor, openMachine } from './machine.ts';
import type { MachineOptions } from './machine-options.ts';
import { type Output, parseOutputs, renderVerdict } from './outputs.ts';
import { type AskedPlugins, askPlugins, openSite, refusals, type Site } from './site.ts';
import { VERSION } from './version.ts';
import { warn } from './warn.ts';

export interface ValidateOptions extends MachineOptions {
  readonly level: ValidationLevel;
  readonly machine?: string;
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly gpus?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly maxAge?: number;
  readonly failOn: 'warning' | 'critical';
  readonly unknown: 'fail' | 'pass';
  readonly output?: readonly string[];
  readonly from?: string;
}

interface Assessed {
  readonly snapshot: Snapshot;
  readonly source: ValidationSource;
  readonly ageSeconds: number;
  /** Leaves the counters for the next run. */
  readonly keep?: () => Promise<Reading<true>>;
}

const isChosen = ({ only = ['*'], skip = [] }: ValidateOptions, { id }: { readonly id: string }): boolean =>
  only.some((glob) => matchesGlob(glob, id)) && !skip.some((glob) => matchesGlob(glob, id));

const chosen = <T extends { readonly id: string }>(options: ValidateOptions, checks: readonly T[]): readonly T[] => {
  const some = checks.filter((check) => isChosen(options, check));
  if (some.length > 0) return some;
  throw usageError(`no check matches --only ${(options.only ?? ['*']).join(' ')}; muster checks lists them`);
};

/** Each of them names where the verdict comes from. */
const refuseContradictions = ({ mock, from, maxAge }: ValidateOptions): void => {
  if (mock !== undefined && from !== undefined)
    throw usageError('--mock simulates a machine and --from judges a recording; keep one of the two');
  if (maxAge === undefined) return;
  if (mock !== undefined)
    throw usageError('--max-age asks the agent of this node, not a simulated one; drop it or --mock');
  if (from !== undefined) throw usageError('--max-age asks the agent of this node, not a recording; drop it or --from');
};

/** A daemon that is stopped or starved must not hold up a prolog, which has 8 s for everything. */
const DAEMON_DEADLINE_MS = 2000;

/** Why what the agent knows does not answer what is asked here. */
const otherQuestion = (config: Config, snapshot: Snapshot, checks: readonly AnyCheck[]): string | undefined => {
  const { machine, roots } = config;
  if (machine !== undefined && machine !== snapshot.profile.id)
    return `judges a ${snapshot.profile.id}, not a ${machine}`;
  // Who reads a simulated machine has named its files.
  if (snapshot.node.mock !== undefined && Object.keys(roots).length === 0) return 'looks at a simulated machine';
  const known = new Set(snapshot.checks.map(({ id }) => id));
  const missing = checks.find(({ id }) => !known.has(id));
  return missing === undefined ? undefined : `does not know ${missing.id}: it is of another version`;
};

/** What the daemon already knows, when that is young enough; it costs one question instead of the tools. */
const fromDaemon = async (config: Config, options: ValidateOptions): Promise<Assessed | undefined> => {
  if (options.maxAge === undefined || options.mock !== undefined) return undefined;
  const { askVerdict } = await import('./control-client.ts');
  const asked = await askVerdict(config.runtimeDir, {
    maxAgeSeconds: options.maxAge,
    deadlineMs: DAEMON_DEADLINE_MS,
    readings: (options.output ?? []).some((output) => output.startsWith('prometheus')),
  });
  if (!asked.reached) {
    process.stderr.write(`muster: ${asked.message}; judging without it\n`);
    return undefined;
  }
  const other = otherQuestion(
    config,
    asked.snapshot,
    builtIn.filter((check) => isChosen(options, check)),
  );
  if (other !== undefined) {
    process.stderr.write(`muster: the muster agent ${other}; judging without it\n`);
    return undefined;
  }
  const kept = { ...asked.snapshot, checks: chosen(options, asked.snapshot.checks) };
  return { snapshot: kept, source: 'daemon', ageSeconds: asked.ageSeconds };
};

/** What a run without the agent can judge: it says nothing about an agent that it is not. */
const withoutAgent = (checks: readonly AnyCheck[]): readonly AnyCheck[] => {
  const rest = checks.filter(({ requires }) => !OF_THE_AGENT.some((name) => requires.includes(name)));
  return rest.length === 0 ? checks : rest;
};

/** What a run without the agent asks and judges by: the checks of this site that were chosen. */
const chosenSite = async (config: Config, options: ValidateOptions): Promise<Site> => {
  const site = await openSite(config);
  for (const refusal of refusals(site)) process.stderr.write(`muster: ${refusal}\n`);
  return { ...site, checks: withoutAgent(chosen(options, site.checks)) };
};

const fromRecording = async (config: Config, options: ValidateOptions): Promise<Assessed> => {
  const site = await chosenSite(config, options);
  const { checks } = site;
  const { openRecordingMachine } = await import('./recording.ts');
  const { machine, next } = await openRecordingMachine(options.from ?? '');
  const engine = engineFor(machine, config, checks);
  const context = contextOf(options);
  const { runtimeDir } = config;
  const plugins = await askPlugins(site, { config, engine, context, machine, runtimeDir, keepStale: true });
  engine.offer('plugins', plugins.state);
  try {
    const snapshot = await runOneShot({
      engine,
      checks,
      collectors: [...machine.collectors, ...plugins.collectors],
      context,
      timeoutMs: options.timeout * 1000,
      next,
    });
    return { snapshot, source: 'recording', ageSeconds: 0 };
  } finally {
    plugins.close();
  }
};

const fromMachine = async (config: Config, options: ValidateOptions): Promise<Assessed> => {
  const site = await chosenSite(config, options);
  const { checks } = site;
  const machine = await openMachine(config, options);
  let plugins: AskedPlugins | undefined;
  try {
    const engine = engineFor(machine, config, checks);
    const { bootId } = machine.node;
    const memory = await loadMemory(machine.stateDir);
    if (memory.ok) {
      const { value } = memory;
      engine.remember(value);
      const { sequence } = value.kernel;
      if (value.bootId === bootId && sequence !== undefined) machine.resumeKernelLog(sequence);
    }
    const baseline = await loadBaseline(machine.runtimeDir, bootId);
    if (baseline !== undefined) engine.restore(baseline);
    const twoSamples = options.level === 'prejob' && baseline === undefined;
    const context = contextOf(options);
    const { runtimeDir } = machine;
    plugins = await askPlugins(site, { config, engine, context, machine, runtimeDir, keepStale: true });
    engine.offer('plugins', plugins.state);
    const snapshot = await runOneShot({
      engine,
      checks,
      collectors: [...machine.collectors, ...plugins.collectors],
      context,
      timeoutMs: options.timeout * 1000,
      ...(twoSamples ? { next: pauseOnce() } : {}),
    });
    const counters = engine.baseline();
    return {
      snapshot,
      source: 'run',
      ageSeconds: Math.max(0, (machine.host.now() - oldestFactAt(snapshot)) / 1000),
      keep: () => saveBaseline(machine.runtimeDir, bootId, counters),
    };
  } finally {
    plugins?.close();
    await machine.close();
  }
};

const contextOf = ({ level }: ValidateOptions): 'prejob' | 'deep' => (level === 'deep' ? 'deep' : 'prejob');

const write = ({ file }: Output, text: string): void => {
  const whole = text.endsWith('\n') ? text : `${text}\n`;
  if (file === undefined) process.stdout.write(whole);
  else {
    try {
      writeFileSync(file, whole);
    } catch (error) {
      throw usageError(
        `${file} cannot be written (${(error as NodeJS.ErrnoException).code}); choose another path for -o`,
      );
    }
  }
};

export const validate = async (options: ValidateOptions): Promise<number> => {
  if (options.level === 'deep') throw usageError('--level deep is not there yet; use quick or prejob');
  refuseContradictions(options);
  const outputs = parseOutputs(options.output ?? ['text']);
  const selection = readSelection(options.gpus, options.from === undefined ? process.env : {});
  const fileConfig = await loadConfig({
    env: process.env,
    checks: builtIn,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const config = withMachine(fileConfig, options.machine);

  const startedAt = Date.now();
  const startedMs = monotonicMs();
  const assessed =
    options.from !== undefined
      ? await fromRecording(config, options)
      : ((await fromDaemon(config, options)) ?? (await fromMachine(config, options)));

  const snapshot = selection === undefined ? assessed.snapshot : withoutForeignGpus(assessed.snapshot, selection);
  const present = snapshot.facts.gpus?.ok === true ? snapshot.facts.gpus.value.map(({ ref }) => ref) : [];
  const gpus = selection === undefined ? undefined : selectGpus(selection, present);
  const rendered = await renderVerdict(snapshot, outputs, {
    level: options.level,
    source: assessed.source,
    version: VERSION,
    startedAt,
    durationSeconds: (monotonicMs() - startedMs) / 1000,
    ageSeconds: assessed.ageSeconds,
    failOn: options.failOn,
    unknown: options.unknown,
    // Who asks for network/* only did not ask about GPUs.
    expectGpus:
      config.gpus === 'expected' && builtIn.some((check) => check.id.startsWith('gpu/') && isChosen(options, check)),
    mayHaveNothing: config.gpus === 'none',
    // Only now, so that a switch that is pulled while the node is judged counts.
    enforcement: options.from === undefined ? readEnforcement(config.killSwitch) : { enabled: true },
    now: snapshot.at,
    ...(gpus === undefined ? {} : { gpus }),
  });
  if (rendered.notEnforced !== undefined) warn(rendered.notEnforced);
  // Files first: what cannot be written is exit code 2, and then nothing has been said on standard output.
  const inOrder = [...rendered.texts].sort(
    (a, b) => Number(a.output.file === undefined) - Number(b.output.file === undefined),
  );
  for (const { output, text } of inOrder) write(output, text);
  // After the verdict, which a disk that does not answer must not hold up; nor may the write that it still holds.
  const kept = await assessed.keep?.();
  if (kept?.ok === false && (kept.reason === 'timeout' || kept.reason === 'hung')) leaveNow(rendered.exitCode);
  return rendered.exitCode;
};
