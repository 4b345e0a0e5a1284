import type { Component } from '../../api.ts';
import { expired, statedWords } from '../../config/expired.ts';
import { matchesComponent } from '../../derive/component-match.ts';
import { columns, type Section } from './section.ts';
import type { Seen } from './seen.ts';

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

const parts = ({ prejob: { facts } }: Seen): readonly Component[] => [
  { kind: 'node', key: 'node' },
  ...(facts.gpus?.ok === true ? facts.gpus.value.map(({ ref }) => ref) : []),
  ...(facts.nics?.ok === true ? facts.nics.value.map(({ ref }) => ref) : []),
];

/** What nobody is to hear of, by whom, why, and until when. */
export const suppressionsSection = (seen: Seen): Section => {
  const over = expired(seen.config, seen.now);
  const here = parts(seen);
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
      here: one.component === undefined || here.some((part) => matchesComponent(one.component ?? '', part)),
    })),
    ...seen.told.map((one) => ({
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
    problems: over.map((one) => ({
      about: one.setBy,
      message: `the suppression of ${statedWords(one)} ended at ${time(one.until)} and is ignored`,
      cure: 'take it out, or give it another end',
    })),
    lines:
      entries.length === 0
        ? ['none']
        : columns(
            entries.map(({ check, component, owner, reason, until, set_by, active, here: isHere }) => [
              component === undefined ? check : `${check} of ${component}`,
              `${active ? 'until' : 'OVER since'} ${until}`,
              `${owner}: ${reason}`,
              `${set_by}${isHere ? '' : ' (no such part here)'}`,
            ]),
          ),
    json: entries,
  };
};
