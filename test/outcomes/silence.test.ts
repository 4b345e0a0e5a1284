import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import type { AnyCheck, Rule } from '../../src/api.ts';
import { foundIn, outcomesOf } from '../support/outcomes-of.ts';
import type { RawMachine } from '../support/raw-machine.ts';

/** More would say the same: a lost GPU changes every answer of every tool. */
const MOST_PATHS = 3;

const commandOf = (path: string): string => path.replace(/\.(out|err|exit)$/, '');

/** Ways in which what tells the bad news can fail to. */
const SILENCES: Readonly<Record<string, (machine: RawMachine, path: string) => RawMachine>> = {
  refused: (machine, path) => machine.failing({ [commandOf(path)]: 'denied: EACCES' }),
  hung: (machine, path) => machine.failing({ [commandOf(path)]: 'timeout: no answer in 2 s' }),
  empty: (machine, path) => machine.with({ [path]: '' }),
  rubbish: (machine, path) => machine.with({ [path]: '\u0000\u0001 %%% 0x7f3a ~\n' }),
};

/** An empty log, and one of which no word is known, are logs in which nothing happened. */
const isSilence = (path: string, how: string): boolean => path !== 'kmsg' || how === 'refused' || how === 'hung';

/** Where the bad news stands: what was changed of the healthy machine and is still there. */
const pathsOf = (machine: RawMachine): readonly string[] => {
  const there = machine.moments.at(-1)?.tree;
  return [...new Set(machine.changedPaths)]
    .filter((path) => there?.has(path) === true && !path.endsWith('.exit') && !path.endsWith('.err'))
    .slice(0, MOST_PATHS);
};

const casesOf = async ({ id, rules }: AnyCheck) => {
  const outcomes = await outcomesOf(id);
  if (outcomes === undefined) return [];
  return foundIn(outcomes)
    .filter(({ i }) => i === 0)
    .flatMap(({ code, on, mayVanish }) =>
      pathsOf(on)
        .filter((path) => mayVanish?.paths.test(path) !== true)
        .flatMap((path) =>
          Object.entries(SILENCES)
            .filter(([how]) => isSilence(path, how))
            .map(([how, silence]) => ({
              ...{ id, code, on, path, how, silence },
              availability: (rules as Readonly<Record<string, Rule>>)[code]?.availability,
            })),
        ),
    );
};

const cases = (await Promise.all(checks.map(casesOf))).flat();

describe('what tells of a fault and falls silent never becomes a pass', () => {
  it.each(cases)('$id $code: $path $how', async ({ id, code, on, path, silence, availability }) => {
    const { severity, findings, unjudged } = await silence(on, path).judge(id);
    if (findings.some((one) => one.code === code)) return;
    // Not every machine can say it: what is not known then holds back no pass, and is told.
    if (availability === undefined) expect(severity).not.toBe('PASS');
    expect(unjudged.length, `${severity}, and nothing is said of what is not known`).toBeGreaterThan(0);
  });
});
