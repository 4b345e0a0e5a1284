import {
  type Action,
  type AnyCheck,
  type AnyCollector,
  absent,
  type CommandResult,
  type FactName,
  type Host,
  type Judgement,
  type Reading,
  type Rule,
  type Severity,
} from '../api.ts';
import type { ExecutablePlugin } from '../config/config.ts';
import { softLimitMs } from '../host/supervise.ts';
import { type Asking, failing } from './asking.ts';
import { withoutDrain } from './drain.ts';
import { readJson } from './json.ts';
import { readNagios } from './nagios.ts';
import { answerOf, sourceOf } from './names.ts';
import { readNpd } from './npd.ts';
import { distrustedExecutable } from './trust.ts';

/** More than a message and its evidence, or a thousand judgements, ever take. */
const MOST_OUTPUT = 1 << 20;

/** Writing the facts takes milliseconds; the executable has its own time whole. */
const FACTS_MS = 1000;

const READ: Readonly<
  Record<ExecutablePlugin['protocol'], (run: CommandResult, plugin: ExecutablePlugin) => Reading<readonly Judgement[]>>
> = { nagios: readNagios, npd: readNpd, json: readJson };

const commandOf = ({ command, args }: ExecutablePlugin): string => [command, ...args].join(' ');

const rulesOf = ({ id, protocol, title = id, severity, action, codes }: ExecutablePlugin): Record<string, Rule> => {
  const rule = (how: Severity, what: Action, name = title): Rule => ({
    title: name,
    severity: how,
    action: what,
    lifetime: 'condition',
  });
  if (protocol === 'nagios')
    return { critical: rule('CRITICAL', action), warning: rule('WARNING', { ...action, drain: false }) };
  if (protocol === 'npd') return { problem: rule(severity, action) };
  return Object.fromEntries(codes.map((code) => [code, rule(severity, action, `${title}: ${code}`)]));
};

/** The check whose judgements an executable makes: for everything else it is one like the others. */
export const executableCheck = (plugin: ExecutablePlugin): AnyCheck => {
  const { id, protocol, title = id } = plugin;
  const answer = answerOf(id);
  return {
    apiVersion: 1,
    id,
    title,
    why: 'This site checks it besides what Muster checks.',
    source: `plugin: ${commandOf(plugin)} (${protocol} protocol)`,
    remedy: `Run \`${commandOf(plugin)}\` by hand and read what it says; ask whoever wrote it.`,
    contexts: ['continuous', 'prejob', 'deep'],
    requires: [answer],
    rules: rulesOf(plugin),
    judge: (facts: Readonly<Record<string, readonly Judgement[]>>) => facts[answer] ?? [],
  };
};

/** Runs the executable and reads what it said by its protocol. */
export const executableCollector = (plugin: ExecutablePlugin, asking: Asking): AnyCollector => {
  const { id, command, args, protocol } = plugin;
  const answer = answerOf(id);
  const source = sourceOf(id);
  const deadlineMs = plugin.timeoutSeconds * 1000;

  const ask = async (host: Host): Promise<Reading<readonly Judgement[]>> => {
    // Again each time: what was safe at the start may have been opened to everybody since.
    const problem = distrustedExecutable(command);
    if (problem !== undefined) return absent('denied', `${problem}; not run`);
    const facts = await asking.facts.written();
    const ran = await host.run(command, args, {
      deadlineMs,
      maxBytes: MOST_OUTPUT,
      as: source,
      path: asking.path,
      env: {
        MUSTER_CONTEXT: asking.context,
        MUSTER_TIMEOUT_MS: String(softLimitMs(deadlineMs)),
        ...(facts.ok ? { MUSTER_FACTS: facts.value } : {}),
        ...(asking.mock === undefined ? {} : { MUSTER_MOCK: asking.mock }),
      },
    });
    if (!ran.ok) return failing(ran);
    const read = READ[protocol](ran.value, plugin);
    return read.ok ? read : absent(read.reason, `${commandOf(plugin)}: ${read.detail}`);
  };

  return {
    apiVersion: 1,
    id: source,
    provides: [answer] as readonly FactName[],
    reads: commandOf(plugin),
    schedule: { everySeconds: plugin.everySeconds },
    sheddable: true,
    afterOthers: true,
    deadlineMs: deadlineMs + FACTS_MS,
    collect: async (host) => {
      const said = await ask(host);
      const mayDrain = plugin.action.drain;
      return { [answer]: said.ok && !mayDrain ? { ...said, value: said.value.map(withoutDrain) } : said };
    },
  };
};
