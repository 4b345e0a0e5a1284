import * as v from 'valibot';
import {
  ABSENCE_REASONS,
  absent,
  type CommandResult,
  type Component,
  type Judgement,
  known,
  NODE,
  type Reading,
} from '../api.ts';
import type { ExecutablePlugin } from '../config/config.ts';
import { withStderr } from './asking.ts';
import {
  action,
  evidence,
  fields,
  firstIssue,
  LONGEST_MESSAGE,
  line,
  MOST_JUDGEMENTS,
  oneOf,
  plainComponent,
  severity,
} from './judgement-shape.ts';

/** The engine completes who it is: by UUID or address, by the index of a GPU, by the name of a device. */
const component = v.pipe(
  plainComponent,
  v.transform(({ pci_bus_id: pciBusId, ...rest }): Component => {
    const { kind, uuid, index, device, port } = rest;
    if (kind === 'node') return NODE;
    const ofDevice = device === undefined || port === undefined ? device : `${device}/${port}`;
    const key = `${kind}:${ofDevice ?? uuid ?? pciBusId ?? `#${index ?? ''}`}`;
    return { ...rest, key, ...(pciBusId === undefined ? {} : { pciBusId }) } as Component;
  }),
);

/** The entries that are set: an absent one is no `undefined`. */
const set = <T extends object>(entries: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as never;

/** What an executable may print, and the judgement that it means. */
const judgementOf = ({ id, codes, action: configured }: ExecutablePlugin) => {
  const code = v.picklist(codes, `is not among the codes that the configuration gives it: ${codes.join(', ')}`);
  const pass = v.pipe(
    fields({ pass: component, code: v.optional(code) }),
    v.transform((one): Judgement => set(one) as Judgement),
  );
  const unjudged = v.pipe(
    fields({
      unjudged: component,
      code: v.optional(code),
      reason: v.optional(oneOf(ABSENCE_REASONS), 'failed'),
      detail: line(LONGEST_MESSAGE),
    }),
    v.transform(
      ({ reason, detail, ...rest }): Judgement => ({ ...set(rest), because: absent(reason, detail) }) as Judgement,
    ),
  );
  const finding = v.pipe(
    fields({
      check: v.optional(v.literal(id, `must be ${id}`)),
      code: v.optional(code, codes[0] ?? ''),
      severity: v.optional(severity),
      component: v.optional(component, { kind: 'node' }),
      related: v.optional(v.array(component, 'must be a list')),
      message: line(LONGEST_MESSAGE),
      observed: v.optional(line(LONGEST_MESSAGE)),
      expected: v.optional(line(LONGEST_MESSAGE)),
      evidence: v.optional(evidence),
      action: v.optional(action, configured),
    }),
    v.transform(
      ({ check: _, severity: how, action: what, ...rest }): Judgement =>
        ({ finding: { ...set(rest), override: set({ action: what, severity: how }) } }) as Judgement,
    ),
  );
  return v.lazy((value) => {
    if (typeof value === 'object' && value !== null && 'pass' in value) return pass;
    return typeof value === 'object' && value !== null && 'unjudged' in value ? unjudged : finding;
  });
};

/**
 * One judgement or a list of them: findings as `muster validate -o json` prints them, `{pass: component}`, or
 * `{unjudged: component, detail}`. An empty list judges nothing, which is SKIPPED.
 */
export const readJson = (run: CommandResult, plugin: ExecutablePlugin): Reading<readonly Judgement[]> => {
  if (run.exitCode > 1)
    return absent('failed', withStderr(`exit code ${run.exitCode}; the json protocol ends with 0 or 1`, run));
  let printed: unknown;
  try {
    printed = JSON.parse(run.stdout);
  } catch {
    return absent('failed', withStderr('what it printed is not JSON', run));
  }
  const one = judgementOf(plugin);
  const list = v.pipe(v.array(one), v.maxLength(MOST_JUDGEMENTS, `holds more than ${MOST_JUDGEMENTS} judgements`));
  const read = v.safeParse(list, Array.isArray(printed) ? printed : [printed]);
  return read.success ? known(read.output) : absent('failed', `its JSON cannot be used: ${firstIssue(read.issues)}`);
};
