import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import type { CheckResult, FindingRecord } from '../../src/engine/snapshot.ts';
import { expectGolden } from './golden.ts';
import type { RawMachine } from './raw-machine.ts';

/** A machine on which a check finds something. */
export interface Found {
  readonly on: RawMachine;
  /** Who is accused: `gpu3`, `mlx5_2`, `node`, `nvme3`; all who are, and nobody else under this code. */
  readonly about: readonly string[];
  readonly severity?: FindingRecord['severity'];
  /** Words of the message. */
  readonly saying?: string | RegExp;
  readonly observed?: string;
  readonly expected?: string;
  /** Files without which there would be nothing to find, and why: a process that is gone is no longer stuck. */
  readonly mayVanish?: { readonly paths: RegExp; readonly because: string };
}

/**
 * What a check says of raw text: at least one machine for each of the four verdicts, and one for each of its codes.
 * `skipped` and `unknown` may be `never`, with the reason, where no text makes it so.
 */
export interface Outcomes {
  readonly pass: RawMachine | readonly RawMachine[];
  readonly findings: Readonly<Record<string, Found | readonly Found[]>>;
  readonly skipped: RawMachine | readonly RawMachine[] | { readonly never: string };
  readonly unknown: RawMachine | readonly RawMachine[] | { readonly never: string };
}

const DIRECTORY = resolve(import.meta.dirname, '../outcomes');

const listOf = <T extends object>(given: T | readonly T[]): readonly T[] =>
  Array.isArray(given) ? (given as readonly T[]) : [given as T];

const shortName = ({ component }: FindingRecord): string => {
  const { kind, index, device, key } = component;
  if (kind === 'node') return device ?? 'node';
  return kind === 'gpu' && index !== undefined ? `gpu${index}` : (device ?? key);
};

const said = ({ severity, reason, findings, unjudged }: CheckResult): string =>
  `${severity} ${reason ?? ''} ${findings.map((one) => `${shortName(one)} ${one.code}: ${one.message}`).join('; ')} ${unjudged.map((one) => `${one.component.key} ${one.code ?? '*'} ${one.reason}: ${one.detail}`).join('; ')}`;

const words = (one: FindingRecord): string => {
  const { severity, action, message, observed, expected, evidence, related, lifetime } = one;
  return [
    `${shortName(one)} ${severity}, ${action.drain ? 'drain' : 'stay'}, ${action.then}, ${JSON.stringify(lifetime)}`,
    message,
    ...(observed === undefined ? [] : [`observed: ${observed}`]),
    ...(expected === undefined ? [] : [`expected: ${expected}`]),
    ...Object.entries(evidence).map(([name, value]) => `${name}: ${value}`),
    ...(related.length === 0 ? [] : [`related: ${related.map((component) => component.key).join(' ')}`]),
  ].join('\n  ');
};

/** What people read of each case, so that a change of words shows as one. */
const readOf = async (check: string, outcomes: Outcomes): Promise<string> => {
  const { skipped, unknown } = outcomes;
  const lines: string[] = [];
  for (const { code, i, on } of foundIn(outcomes)) {
    const own = (await on.judge(check)).findings.filter((one) => one.code === code);
    lines.push(`# ${code} (${i})`, ...own.map(words), '');
  }
  for (const [name, machines] of Object.entries({ skipped, unknown })) {
    if ('never' in machines) continue;
    for (const [i, on] of listOf(machines as RawMachine).entries()) {
      const { reason = '', unjudged } = await on.judge(check);
      const why = unjudged.map((one) => `${one.component.kind} ${one.code ?? '*'} ${one.reason}: ${one.detail}`);
      const counted = [...new Set(why)].map((one) => `${why.filter((other) => other === one).length} × ${one}`);
      lines.push(`# ${name} (${i})`, reason, ...counted, '');
    }
  }
  return lines.join('\n');
};

/** The cases of a check, where they are written. */
export const outcomesOf = async (id: string): Promise<Outcomes | undefined> => {
  const file = join(DIRECTORY, `${id}.ts`);
  if (!existsSync(file)) return undefined;
  return ((await import(/* @vite-ignore */ file)) as { default: Outcomes }).default;
};

/** Every machine on which it finds something. */
export const foundIn = ({ findings }: Outcomes): readonly (Found & { readonly code: string; readonly i: number })[] =>
  Object.entries(findings).flatMap(([code, given]) => listOf(given).map((one, i) => ({ code, i, ...one })));

/** The tests of all checks of a category. */
export const describeOutcomes = async (category: string): Promise<void> => {
  for (const check of checks.filter(({ id }) => id.startsWith(`${category}/`))) {
    const outcomes = await outcomesOf(check.id);
    describe(check.id, () => {
      it('has a machine for each of its codes', () => {
        expect(outcomes, `test/outcomes/${check.id}.ts is missing`).toBeDefined();
        expect(Object.keys(outcomes?.findings ?? {}).sort()).toEqual(Object.keys(check.rules).sort());
      });
      if (outcomes === undefined) return;
      it.each(listOf(outcomes.pass).map((on, i) => ({ i, on })))('passes ($i)', async ({ on }) => {
        const result = await on.judge(check.id);
        expect(result.severity, said(result)).toBe('PASS');
      });
      for (const severity of ['SKIPPED', 'UNKNOWN'] as const) {
        const machines = severity === 'SKIPPED' ? outcomes.skipped : outcomes.unknown;
        if ('never' in machines) {
          it(`is never ${severity}: ${machines.never}`, () => expect(machines.never.length).toBeGreaterThan(20));
          continue;
        }
        it.each(listOf(machines as RawMachine).map((on, i) => ({ i, on })))(`is ${severity} ($i)`, async ({ on }) => {
          const result = await on.judge(check.id);
          expect(result.severity, said(result)).toBe(severity);
        });
      }
      it('says what people read', async () => {
        const text = await readOf(check.id, outcomes);
        expectGolden(`outcomes/${check.id}.txt`, text, `test/outcomes/${category}.test.ts`);
      });
      it.each(foundIn(outcomes))(
        'finds $code ($i)',
        async ({ code, on, about, severity, saying, observed, expected }) => {
          const result = await on.judge(check.id);
          const own = result.findings.filter((one) => one.code === code);
          expect(own.map(shortName).sort(), said(result)).toEqual([...about].sort());
          if (severity !== undefined) expect(own.map((one) => one.severity)).toEqual(own.map(() => severity));
          if (observed !== undefined) expect(own.map((one) => one.observed)).toEqual(own.map(() => observed));
          if (expected !== undefined) expect(own.map((one) => one.expected)).toEqual(own.map(() => expected));
          for (const one of own) if (saying !== undefined) expect(one.message).toMatch(saying);
        },
      );
    });
  }
};
