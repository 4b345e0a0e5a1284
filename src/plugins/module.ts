import * as v from 'valibot';
import {
  type AnyCheck,
  type AnyCollector,
  absent,
  type FactName,
  type Host,
  type Judgement,
  known,
  type Reading,
  type Rule,
} from '../api.ts';
import { resolveOptions } from '../engine/options.ts';
import { failing, type PluginRun } from './asking.ts';
import type { OwnCommand } from './child-command.ts';
import { withoutDrain } from './drain.ts';
import { firstIssue, judgementsShape } from './judgement-shape.ts';
import type { JudgeAnswer, JudgedModule, JudgeRequest, LoadAnswer } from './messages.ts';
import { type CheckDeclaration, type CollectorDeclaration, moduleShape } from './module-shape.ts';
import { answerOf, sourceOf } from './names.ts';
import { distrusted } from './trust.ts';

/** A module that was loaded, in a child of ours, and found to have the right shape. */
export interface PluginModule {
  readonly file: string;
  readonly checks: readonly CheckDeclaration[];
  readonly collectors: readonly CollectorDeclaration[];
}

const MOST_OUTPUT = 8 << 20;

/** Node needs seconds to start on a node that is full of work; the child ends what the module itself takes too long for. */
const LOAD_DEADLINE_MS = 15_000;

const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

/** The child's answer is its last line: what the module printed on the way is none. */
const answerIn = (stdout: string): unknown => {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
};

const askChild = async (
  host: Pick<Host, 'run'>,
  command: OwnCommand,
  o: { readonly file: string; readonly args: readonly string[]; readonly deadlineMs: number; readonly path?: string },
): Promise<Reading<unknown>> => {
  const child = command(o.args);
  const ran = await host.run(child.file, child.args, {
    deadlineMs: o.deadlineMs,
    maxBytes: MOST_OUTPUT,
    as: sourceOf(nameOf(o.file)),
    ...(o.path === undefined ? {} : { path: o.path }),
  });
  if (!ran.ok) {
    const { reason, detail } = failing(ran);
    // The host names a command of ours; people know the file.
    return absent(reason, `${o.file}: ${detail.slice(detail.indexOf(': ') + 2)}`);
  }
  const answer = answerIn(ran.value.stdout);
  return answer === undefined ? absent('failed', `${o.file}: its process ended without an answer`) : known(answer);
};

/** Loads a module in a child: what it exports, or why it is refused. */
export const loadModule = async (
  file: string,
  o: {
    readonly directory: string;
    readonly host: Pick<Host, 'run'>;
    readonly command: OwnCommand;
    readonly facts: ReadonlySet<string>;
  },
): Promise<{ readonly ok: true; readonly module: PluginModule } | { readonly ok: false; readonly reason: string }> => {
  const problem = distrusted(file, { inside: o.directory });
  const refused = (reason: string) => ({ ok: false, reason: reason.replace(`${file}: `, '') }) as const;
  if (problem !== undefined) return refused(problem);
  const asked = await askChild(o.host, o.command, { file, args: ['load', file], deadlineMs: LOAD_DEADLINE_MS });
  if (!asked.ok) return refused(asked.detail);
  const answer = asked.value as LoadAnswer;
  if (!answer.ok) return refused(answer.reason);
  const shape = v.safeParse(moduleShape(o.facts), answer.exported);
  if (!shape.success) return refused(`its export cannot be used: ${firstIssue(shape.issues)}`);
  const checks = shape.output.filter((one): one is CheckDeclaration => 'judge' in one);
  const collectors = shape.output.filter((one): one is CollectorDeclaration => 'collect' in one);
  if (checks.length === 0) return refused('exports no check');
  const provided = collectors.flatMap(({ provides }) => provides);
  for (const { id, requires, uses = [] } of checks) {
    const missing = [...requires, ...uses].find((name) => name.startsWith('own:') && !provided.includes(name));
    if (missing !== undefined) return refused(`${id} asks for ${missing}, which no collector of this file provides`);
  }
  return { ok: true, module: { file, checks, collectors } };
};

const calm = ({ action, ...rule }: Rule): Rule => ({ ...rule, action: { ...action, drain: false } });

/** The check that hands on what the module's own said: for everything else it is one like the others. */
export const moduleCheck = (declared: CheckDeclaration, o: { readonly mayDrain: boolean }): AnyCheck => {
  const answer = answerOf(declared.id);
  const isOwn = (name: string): boolean => name.startsWith('own:');
  const rules = declared.rules as Readonly<Record<string, Rule>>;
  return {
    ...(declared as unknown as AnyCheck),
    rules: o.mayDrain ? rules : Object.fromEntries(Object.entries(rules).map(([code, rule]) => [code, calm(rule)])),
    // The answer comes first: a condition is raised by how often it was given, not by how often a GPU was read.
    requires: [answer, ...declared.requires.filter((name) => !isOwn(name))],
    uses: (declared.uses ?? []).filter((name) => !isOwn(name)),
    judge: (facts: Readonly<Record<string, readonly Judgement[]>>) => facts[answer] ?? [],
  };
};

const readAnswer = (
  answer: JudgeAnswer | undefined,
  o: { file: string; check: AnyCheck },
): Reading<readonly Judgement[]> => {
  const wrong = (what: string) => absent('failed', `${o.file}: ${o.check.id}: ${what}`);
  if (answer === undefined) return wrong('is not there any more; muster control reload reads the plugins again');
  if ('problem' in answer) return wrong(answer.problem);
  const read = v.safeParse(judgementsShape(Object.keys(o.check.rules)), answer.judgements);
  return read.success
    ? known(read.output as unknown as readonly Judgement[])
    : wrong(`judge() returned what cannot be used: ${firstIssue(read.issues)}`);
};

/** Hands the facts of the moment to the module, in a child, and takes what its checks say of them. */
export const moduleCollector = (
  { file, collectors }: PluginModule,
  o: PluginRun & {
    readonly checks: readonly { readonly check: AnyCheck; readonly mayDrain: boolean }[];
    readonly directory: string;
    readonly everySeconds: number;
    readonly timeoutSeconds: number;
    readonly command: OwnCommand;
  },
): AnyCollector => {
  const { asking, configured } = o;
  const judgeMs = o.timeoutSeconds * 1000;
  const collectMs = collectors.reduce((sum, { deadlineMs }) => sum + deadlineMs, 0);
  // The child ends what takes too long itself, one after the other; this is for a child that cannot.
  const deadlineMs = LOAD_DEADLINE_MS + 1.5 * (collectMs + judgeMs * (o.checks.length + collectors.length));

  /** What is turned off, or not for this moment, is not asked; the engine says so. */
  const isAsked = ({ id, contexts }: AnyCheck): boolean =>
    contexts.includes(asking.context) && configured[id]?.mode !== 'off';
  const asked = o.checks.map(({ check }) => check).filter(isAsked);

  const ask = async (host: Pick<Host, 'run'>): Promise<Reading<JudgedModule>> => {
    if (asked.length === 0) return known({ ok: true, answers: {} });
    const problem = distrusted(file, { inside: o.directory });
    if (problem !== undefined) return absent('denied', `${problem}; not loaded`);
    const facts = await asking.facts.written();
    if (!facts.ok) return facts;
    const profile = o.profile();
    if (profile === undefined) return absent('not-recorded', 'nothing is known of this machine yet');
    const request: JudgeRequest = {
      context: asking.context,
      bootedAt: asking.bootedAt,
      options: Object.fromEntries(
        asked.map((check) => [check.id, resolveOptions(check, configured[check.id]?.options ?? {}, profile)]),
      ),
      judgeMs,
      ...(o.machine === undefined ? {} : { machine: o.machine }),
    };
    const args = ['judge', file, facts.value, JSON.stringify(request)];
    return (await askChild(host, o.command, { file, args, deadlineMs, path: asking.path })) as Reading<JudgedModule>;
  };

  const answerAbout = (said: Reading<JudgedModule>, check: AnyCheck): Reading<readonly Judgement[]> => {
    if (!isAsked(check))
      return absent('not-recorded', `${check.id} is asked in ${check.contexts.join(', ')}, not in ${asking.context}`);
    if (!said.ok) return said;
    if (!said.value.ok) return absent('failed', `${file}: ${said.value.reason}`);
    return readAnswer(said.value.answers[check.id], { file, check });
  };

  return {
    apiVersion: 1,
    id: sourceOf(nameOf(file)),
    provides: o.checks.map(({ check }) => answerOf(check.id)) as readonly FactName[],
    reads: [file, ...collectors.map(({ reads }) => reads)].join(', '),
    schedule: { everySeconds: Math.min(o.everySeconds, ...collectors.map(({ schedule }) => schedule.everySeconds)) },
    sheddable: true,
    afterOthers: true,
    deadlineMs,
    collect: async (host) => {
      const said = await ask(o.runner ?? host);
      return Object.fromEntries(
        o.checks.map(({ check, mayDrain }) => {
          const answer = answerAbout(said, check);
          return [answerOf(check.id), answer.ok && !mayDrain ? known(answer.value.map(withoutDrain)) : answer];
        }),
      );
    },
  };
};
