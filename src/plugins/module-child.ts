import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AnyCheck, type AnyCollector, absent, type Fact, NODE, type Reading } from '../api.ts';
import { runCollector } from '../engine/collect.ts';
import { createMachineHost } from '../host/machine.ts';
import { limited, wordsOf } from './limited.ts';
import type { FactsFile, JudgeAnswer, JudgedModule, JudgeRequest, LoadAnswer } from './messages.ts';
import { FUNCTION } from './module-shape.ts';

/** A module that does nothing but export takes milliseconds. */
const LOAD_MS = 2000;
/** What a thousand judgements take, and more than anybody reads. */
const MOST_ANSWER = 1 << 20;

/** What others wrote must not end the process that speaks for it, nor write into its answer. */
const takeProcess = (): ((text: string) => void) => {
  const { exit, reallyExit, abort } = process as typeof process & { reallyExit: (code: number) => never };
  const { stdout } = process;
  const write = stdout.write.bind(stdout);
  const refuse = (code?: unknown): never => {
    throw new Error(`called process.exit(${code === undefined ? '' : String(code)}), which a plugin must not`);
  };
  Object.assign(process, { exit: refuse, reallyExit: refuse, abort: refuse });
  const leave = (): never => Object.assign(process, { exit, reallyExit, abort }).exit(0);
  stdout.write = (() => true) as typeof stdout.write;
  for (const event of ['unhandledRejection', 'uncaughtException'] as const) process.on(event, () => {});
  // Whatever timers the module has left behind: they are of no use to anybody.
  return (text) => void write(`${text}\n`, leave);
};

const explained = (error: unknown): string => {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code === 'ERR_REQUIRE_ASYNC_MODULE')
    return 'has an await at its top level, which a plugin must not: load at once';
  // The list of who asked for it takes many lines.
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return `imports what is not there: ${wordsOf(error).replace(/ Require stack:.*$/, '')}`;
  return wordsOf(error);
};

/** The default export of an ES module, else what a CommonJS one exports: one thing or a list. */
const exportsOf = (file: string): readonly unknown[] => {
  const loaded = limited(() => createRequire(file)(file) as unknown, LOAD_MS) as { default?: unknown };
  const isModule = typeof loaded === 'object' && loaded !== null && 'default' in loaded;
  const isNamespace = Object.prototype.toString.call(loaded) === '[object Module]';
  if (isNamespace && !isModule) throw new Error('has no default export: export default a check or a list of checks');
  const exported = isModule ? loaded.default : loaded;
  return Array.isArray(exported) ? exported : [exported];
};

const load = (file: string): LoadAnswer => {
  try {
    const exported = exportsOf(file);
    const text = limited(
      () => JSON.stringify(exported, (_, value) => (typeof value === 'function' ? FUNCTION : value)),
      LOAD_MS,
    );
    return { ok: true, exported: JSON.parse(text) as readonly unknown[] };
  } catch (error) {
    return { ok: false, reason: explained(error) };
  }
};

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
};

const isReading = (value: unknown): value is Reading<unknown> => {
  if (typeof value !== 'object' || value === null) return false;
  const { ok, reason, detail } = value as Record<string, unknown>;
  return ok === true ? 'value' in value : ok === false && typeof reason === 'string' && typeof detail === 'string';
};

/** Asks the collectors of the module; what they give is known to its own checks alone. */
const collectOwn = async (
  collectors: readonly AnyCollector[],
  { machine, judgeMs }: JudgeRequest,
): Promise<Record<string, Fact<unknown>>> => {
  const host = machine === undefined ? undefined : createMachineHost(machine);
  const own: Record<string, Fact<unknown>> = {};
  for (const collector of collectors) {
    const { id: source, provides, deadlineMs } = collector;
    // Up to its first await it can hold everything up.
    const guarded: AnyCollector = {
      ...collector,
      collect: async (door, signal) => limited(() => collector.collect(door, signal), judgeMs),
    };
    const run = host === undefined ? undefined : await runCollector(guarded, host, deadlineMs);
    for (const name of provides as readonly string[]) {
      const given: unknown = run?.collected[name];
      const none =
        host === undefined ? absent('not-recorded', `${source} reads this machine, not a recording of one`) : undefined;
      const reading = isReading(given) ? given : (none ?? absent('failed', `${source} gave no reading of ${name}`));
      own[name] = { ...reading, at: run?.at ?? 0, source };
    }
  }
  host?.close();
  return own;
};

/** Hands a check what it declared, and nothing else. */
const judge = (
  check: AnyCheck,
  facts: Readonly<Record<string, Fact<unknown>>>,
  { now, request }: { readonly now: number; readonly request: JudgeRequest },
): JudgeAnswer => {
  const handed: Record<string, unknown> = {};
  const factOf = (name: string): Fact<unknown> =>
    facts[name] ?? { ...absent('not-recorded', `no source gave ${name}`), at: 0, source: name };
  for (const name of check.requires as readonly string[]) {
    const fact = factOf(name);
    if (!fact.ok) {
      const { reason, detail } = fact;
      return { judgements: [{ unjudged: NODE, because: absent(reason, detail) }] };
    }
    handed[name] = fact.value;
  }
  for (const name of (check.uses ?? []) as readonly string[]) handed[name] = factOf(name);
  const { context, bootedAt, options, judgeMs } = request;
  try {
    const text = limited(() => {
      const said: unknown = check.judge(frozen(handed) as never, {
        now,
        bootedAt,
        context,
        node: NODE,
        options: (options[check.id] ?? {}) as never,
      });
      if (said instanceof Promise) throw new Error('returned a promise; it must return its judgements at once');
      return JSON.stringify(said);
    }, judgeMs);
    if (text === undefined) return { problem: 'judge() returned nothing; it must return a list of judgements' };
    if (text.length > MOST_ANSWER) return { problem: `judge() returned more than ${MOST_ANSWER} bytes` };
    return { judgements: JSON.parse(text) };
  } catch (error) {
    return { problem: `judge(): ${wordsOf(error)}` };
  }
};

const judgeModule = async (file: string, factsFile: string, request: JudgeRequest): Promise<JudgedModule> => {
  let exported: readonly unknown[];
  try {
    exported = exportsOf(file);
  } catch (error) {
    return { ok: false, reason: explained(error) };
  }
  const { at, facts } = JSON.parse(readFileSync(factsFile, 'utf8')) as FactsFile;
  const own = await collectOwn(exported.filter(isCollector), request);
  const everything = { ...facts, ...own } as Readonly<Record<string, Fact<unknown>>>;
  const answers: Record<string, JudgeAnswer> = {};
  for (const check of exported.filter(isCheck))
    if (check.id in request.options) answers[check.id] = judge(check, everything, { now: at, request });
  return { ok: true, answers };
};

const has = (value: unknown, name: string): boolean => typeof value === 'object' && value !== null && name in value;
const isCheck = (value: unknown): value is AnyCheck => has(value, 'judge');
const isCollector = (value: unknown): value is AnyCollector => has(value, 'collect');

/** The child in which a module is loaded: it says what the module exports, or judges by it, as one line of JSON. */
export const runPluginChild = async ([
  verb,
  file = '',
  factsFile = '',
  request = '{}',
]: readonly string[]): Promise<number> => {
  const answer = takeProcess();
  try {
    const said = verb === 'load' ? load(file) : await judgeModule(file, factsFile, JSON.parse(request) as JudgeRequest);
    answer(JSON.stringify(said));
  } catch (error) {
    answer(JSON.stringify({ ok: false, reason: wordsOf(error) }));
  }
  return 0;
};
