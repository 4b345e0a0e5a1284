import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import type { Moment } from '../../src/host/playback.ts';
import { jsonReport } from '../../src/report/json.ts';
import { judgeMoments, momentsOf, verdictOfSnapshot } from '../support/judge-machine.ts';

/** How text arrives when something is wrong with the tool, the file or the disk under a recording. */
const DAMAGES: Readonly<Record<string, (text: string, other: string, at: number) => string>> = {
  'cut off': (text, _, at) => text.slice(0, Math.floor(text.length * at)),
  'begins late': (text, _, at) => text.slice(Math.floor(text.length * at)),
  'printed twice': (text) => text + text,
  'lines of another file between its own': (text, other) => {
    const others = other.split('\n');
    return text
      .split('\n')
      .flatMap((line, i) => [line, others[i] ?? ''])
      .join('\n');
  },
  'the text of another file': (_, other) => other,
  'without its colons': (text) => text.replaceAll(':', '\u0000'),
  'with other digits': (text) => text.replaceAll(/\d/g, '9'),
  'with the line ends of another system': (text) => text.replaceAll('\n', '\r\n'),
  'with its lines in reverse': (text) => text.split('\n').reverse().join('\n'),
  'with absurd numbers': (text) => text.replaceAll(/\d+/g, '-1e999'),
};

const MACHINES = ['hgx-h100-8+busy', 'gb200-nvl72+busy', 'hgx-a100-8+xid79@gpu3'];
const moments = new Map(MACHINES.map((spec) => [spec, momentsOf(spec)]));

const damage = fc.record({
  file: fc.double({ min: 0, max: 0.999, noNaN: true }),
  other: fc.double({ min: 0, max: 0.999, noNaN: true }),
  how: fc.constantFrom(...Object.keys(DAMAGES)),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
});
const noise = fc.record({
  file: fc.double({ min: 0, max: 0.999, noNaN: true }),
  text: fc.string({ unit: 'binary', maxLength: 300 }),
});

/** Files of one kind, such as a counter of every port: each kind is hit as often as any other. */
const kindsOf = (paths: readonly string[]): readonly (readonly string[])[] => {
  const kinds = new Map<string, string[]>();
  for (const path of paths) {
    const kind = path.replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, '0');
    kinds.set(kind, [...(kinds.get(kind) ?? []), path]);
  }
  return [...kinds.values()];
};

const damaged = (
  healthy: readonly Moment[],
  damages: readonly { file: number; other: number; how: string; at: number }[],
  noises: readonly { file: number; text: string }[],
): readonly Moment[] =>
  healthy.map(({ tree, at }) => {
    const kinds = kindsOf([...tree.keys()]);
    const pathAt = (share: number): string => {
      const place = share * kinds.length;
      const kind = kinds[Math.floor(place)] ?? [];
      return kind[Math.floor((place % 1) * kind.length)] ?? '';
    };
    const changed = new Map(tree);
    for (const { file, other, how, at: where } of damages) {
      const path = pathAt(file);
      changed.set(path, DAMAGES[how]?.(changed.get(path) ?? '', tree.get(pathAt(other)) ?? '', where) ?? '');
    }
    for (const { file, text } of noises) changed.set(pathAt(file), text);
    return { tree: changed, at };
  });

/** Words of a program that has lost its way, not of a machine that has. */
const BLUNDER = /please report it|undefined|NaN|\[object|is not a function|Cannot read/;

const expectSound = (snapshot: Snapshot): void => {
  for (const { id, errors, reason, findings, unjudged } of snapshot.checks) {
    expect(errors, `${id}: ${reason}`).toBe(0);
    for (const { message } of findings) expect(message).not.toMatch(BLUNDER);
    for (const { detail } of unjudged) expect(detail, id).not.toMatch(BLUNDER);
  }
  for (const { source, detail = '' } of snapshot.sources) expect(detail, source).not.toMatch(BLUNDER);
  expect(jsonReport(verdictOfSnapshot(snapshot))).not.toMatch(/:\s*null\b/);
};

describe('whatever a machine prints, it is judged', () => {
  it.each(MACHINES)('%s', { timeout: 120_000 }, async (spec) => {
    const healthy = moments.get(spec) ?? [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(damage, { minLength: 1, maxLength: 40 }),
        fc.array(noise, { maxLength: 10 }),
        async (damages, noises) => expectSound(await judgeMoments(damaged(healthy, damages, noises))),
      ),
      { numRuns: 60 },
    );
  });
});
