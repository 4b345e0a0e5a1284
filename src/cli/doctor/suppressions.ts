import { type Component, type Fact, NODE } from '../../api.ts';
import { expired, statedWords } from '../../config/expired.ts';
import { matchesComponent } from '../../derive/component-match.ts';
import { isExpectable } from '../../engine/absence.ts';
import { columns, type Problem, type Section } from './section.ts';
import type { Seen } from './seen.ts';

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The facts that list parts by which a suppression may be told. */
const LISTS = ['gpus', 'nics', 'nvmeDrives', 'raidArrays', 'mounts', 'filesystems'] as const;

/** Whether the node has the part; undefined where a list of its parts could not be read, and the part may be on it. */
const isHere = (name: string, { prejob: { facts } }: Seen): boolean | undefined => {
  const lists = LISTS.map((list): Fact<readonly { readonly ref: Component }[]> | undefined => facts[list]);
  const parts = lists.flatMap((list) => (list?.ok === true ? list.value.map(({ ref }) => ref) : []));
  if ([NODE, ...parts].some((part) => matchesComponent(name, part))) return true;
  return lists.every((list) => list?.ok === true || (list !== undefined && isExpectable(list.reason)))
    ? false
    : undefined;
};

const withoutTold = (told: Seen['told']): readonly Problem[] =>
  told.ok || told.reason === 'no-history'
    ? []
    : [
        {
          about: 'suppressions',
          message: `what operators told the agent is not known: ${told.detail}`,
          cure: 'let this user read it; the agent writes a damaged one anew when it is started again',
        },
      ];

/** What nobody is to hear of, by whom, why, and until when. */
export const suppressionsSection = (seen: Seen): Section => {
  const over = expired(seen.config, seen.now);
  const entries = [
    ...seen.config.suppressions.map((one) => ({
      check: one.check,
      ...(one.component === undefined ? {} : { component: one.component }),
      owner: one.owner,
      reason: one.reason,
      until: time(one.until),
      set_by: one.setBy,
      active: !over.includes(one),
      // Files are shared by a fleet: a part of another node is no mistake.
      here: one.component === undefined ? true : isHere(one.component, seen),
    })),
    ...(seen.told.ok ? seen.told.value : []).map((one) => ({
      check: one.check,
      ...(one.component === undefined ? {} : { component: one.componentName ?? one.component }),
      owner: one.owner,
      reason: one.reason,
      until: time(one.until),
      set_by: 'muster suppress',
      active: true,
      here: true,
    })),
  ];
  return {
    name: 'suppressions',
    problems: [
      ...withoutTold(seen.told),
      ...over.map((one) => ({
        about: one.setBy,
        message: `the suppression of ${statedWords(one)} ended at ${time(one.until)} and is ignored`,
        cure: 'take it out, or give it another end',
      })),
    ],
    lines:
      entries.length === 0
        ? ['none']
        : columns(
            entries.map(({ check, component, owner, reason, until, set_by, active, here: isPresent }) => [
              component === undefined ? check : `${check} of ${component}`,
              `${active ? 'until' : 'OVER since'} ${until}`,
              `${owner}: ${reason}`,
              `${set_by}${isPresent === false ? ' (no such part here)' : ''}`,
            ]),
          ),
    json: entries,
  };
};
