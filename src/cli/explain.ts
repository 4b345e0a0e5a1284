import { checks as builtIn } from '../../checks/index.ts';
import type { AnyCheck, Option, Rule } from '../api.ts';
import { loadConfig } from '../config/load.ts';
import { usageError } from '../errors.ts';
import { type Explanation, explainSxid, explainXid } from '../knowledge/explain.ts';
import {
  type DescribedProfile,
  describeProfile,
  findMachine,
  machineIds,
  type ProfileEntry,
} from '../knowledge/profiles/index.ts';
import { actionWords } from '../report/actions.ts';
import { snakeCased } from '../report/snake-case.ts';
import { wrap } from '../report/wrap.ts';
import { type ListOptions, siteFor } from './checks.ts';

const COLUMNS = 100;
const LABEL = 12;

const field = (label: string, text: string): string =>
  wrap(text, COLUMNS - LABEL)
    .map((line, i) => `${(i === 0 ? label : '').padEnd(LABEL)}${line}`)
    .join('\n');

const codeText = (entry: Explanation): string => {
  const name = entry.kind === 'xid' ? 'Xid' : 'SXid';
  const bucket = (label: string, which: Explanation['immediate']): string[] =>
    which === undefined ? [] : [field(label, `${which.name}: ${which.meaning}`)];
  return [
    `${name} ${entry.code}  ${entry.mnemonic}`,
    '',
    field('means', entry.meaning),
    field('severity', `${entry.severity} (${entry.class})`),
    field('do', actionWords(entry.action)),
    ...(entry.why === undefined ? [] : [field('because', entry.why)]),
    ...bucket('NVIDIA now', entry.immediate),
    ...bucket('and then', entry.investigatory),
    ...(entry.appliesTo.length === 0 ? [] : [field('on', entry.appliesTo.join(', '))]),
    field('source', `${entry.catalogue}; judgement: ${entry.source}`),
  ].join('\n');
};

const checkText = (check: AnyCheck): string => {
  const rules = Object.entries(check.rules as Readonly<Record<string, Rule>>);
  const options = Object.entries((check.options ?? {}) as Readonly<Record<string, Option>>);
  return [
    `${check.id}  ${check.title}`,
    '',
    field('why', check.why),
    field('source', check.source),
    field('do', check.remedy),
    '',
    ...rules.map(([code, rule]) => `  ${rule.severity.padEnd(8)} ${code}: ${rule.title}; ${actionWords(rule.action)}`),
    ...(options.length === 0 ? [] : ['', 'options']),
    ...options.flatMap(([name, option]) => [
      `  ${name} = ${String(option.default)}${option.unit === undefined ? '' : ` ${option.unit}`}`,
      ...wrap(`${option.help} (${option.source})`, COLUMNS - 4).map((line) => `    ${line}`),
    ]),
  ].join('\n');
};

const entryText = ({ name, value, confidence, source }: ProfileEntry): readonly string[] => [
  `  ${name} = ${typeof value === 'object' ? value.join(', ') || 'none' : value}  (${confidence})`,
  ...wrap(source, COLUMNS - 4).map((line) => `    ${line}`),
];

const profileText = (profile: DescribedProfile): string =>
  [
    `${profile.id}  ${profile.title}`,
    '',
    field('recognised', profile.recognisedBy),
    ...(profile.extends === undefined ? [] : [field('extends', profile.extends)]),
    '',
    ...profile.entries.flatMap(entryText),
    ...profile.products.flatMap(({ names, pciDeviceIds, pciSubsystemIds, entries }) => [
      '',
      `${names.join(' or ')}, PCI device ${[...pciDeviceIds, ...pciSubsystemIds.map((id) => `subsystem ${id}`)].join(', ')}`,
      ...entries.flatMap(entryText),
    ]),
  ].join('\n');

/** A profile by its name, the site's own included. */
const profileOf = async (id: string | undefined, file: string | undefined): Promise<DescribedProfile> => {
  const { siteProfiles } = await loadConfig({
    env: process.env,
    checks: builtIn,
    ...(file === undefined ? {} : { file }),
  });
  const machine = id === undefined ? undefined : findMachine(id, siteProfiles);
  if (machine !== undefined) return describeProfile(machine);
  const known = machineIds(siteProfiles).join(', ');
  throw usageError(
    `${id === undefined ? 'explain profile takes a name' : `${id} is no machine profile`}; known are ${known}`,
  );
};

const codeOf = (kind: string, text: string | undefined): number => {
  if (text === undefined || !/^[0-9]{1,6}$/.test(text))
    throw usageError(`explain ${kind} takes a number: muster explain ${kind} 79`);
  return Number(text);
};

const near = (id: string, checks: readonly AnyCheck[]): string => {
  const last = id.split('/').at(-1) ?? id;
  const similar = checks.filter((check) => check.id.includes(last)).map((check) => check.id);
  return similar.length > 0 ? `do you mean ${similar.join(' or ')}?` : 'muster checks lists them';
};

/** Prints what an Xid, an SXid, a check or a machine profile means, how bad it is and what to do. */
export const explain = async (subject: readonly string[], { output, config }: ListOptions): Promise<number> => {
  const [kind = '', code, ...rest] = subject;
  const isCode = kind === 'xid' || kind === 'sxid';
  if (rest.length > 0 || (!isCode && kind !== 'profile' && code !== undefined))
    throw usageError('explain takes xid N, sxid N, profile ID or one check id');
  const print = (value: unknown, text: string): number => {
    process.stdout.write(output === 'json' ? `${JSON.stringify(snakeCased(value), undefined, 2)}\n` : `${text}\n`);
    return 0;
  };
  if (kind === 'profile') {
    const profile = await profileOf(code, config);
    return print(profile, profileText(profile));
  }
  if (isCode) {
    const entry = kind === 'xid' ? explainXid(codeOf(kind, code)) : explainSxid(codeOf(kind, code));
    return print(entry, codeText(entry));
  }
  // Plugins are loaded only for an id that does not ship.
  const shipped = builtIn.find(({ id }) => id === kind);
  const checks = shipped === undefined ? (await siteFor(config)).checks : builtIn;
  const check = shipped ?? checks.find(({ id }) => id === kind);
  if (check === undefined) throw usageError(`there is no check ${kind}; ${near(kind, checks)}`);
  const { judge: _, ...record } = check;
  return print(record, checkText(check));
};
