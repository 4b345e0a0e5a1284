import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import { foundIn, outcomesOf } from '../support/outcomes-of.ts';
import type { RawMachine } from '../support/raw-machine.ts';

/** More would say the same: a lost GPU changes every answer of every tool. */
const MOST_PATHS = 6;

const commandOf = (path: string): string => path.replace(/\.(out|err|exit)$/, '');

/** Ways in which what tells the bad news can fail to. */
const SILENCES: Readonly<Record<string, (machine: RawMachine, path: string) => RawMachine>> = {
  refused: (machine, path) => machine.failing({ [commandOf(path)]: 'denied: EACCES' }),
  hung: (machine, path) => machine.failing({ [commandOf(path)]: 'timeout: no answer in 2 s' }),
  empty: (machine, path) => machine.with({ [path]: '' }),
  rubbish: (machine, path) => machine.with({ [path]: '\u0000\u0001 %%% 0x7f3a ~\n' }),
};

describe('what tells of a fault and falls silent never becomes a pass', async () => {
  for (const check of checks) {
    const outcomes = await outcomesOf(check.id);
    if (outcomes === undefined) continue;
    describe(check.id, () => {
      const cases = foundIn(outcomes).flatMap(({ code, i, on, mayVanish }) =>
        [...new Set(on.changedPaths.map((path) => (path.startsWith('commands/') ? `${commandOf(path)}.out` : path)))]
          .filter((path) => mayVanish?.paths.test(path) !== true)
          .slice(0, MOST_PATHS)
          .flatMap((path) => Object.entries(SILENCES).map(([how, silence]) => ({ code, i, on, path, how, silence }))),
      );
      it.each(cases)('$code ($i): $path $how', async ({ code, on, path, silence }) => {
        const { severity, findings, unjudged } = await silence(on, path).judge(check.id);
        if (findings.some((one) => one.code === code)) return;
        expect(severity).not.toBe('PASS');
        expect(unjudged.length, `${severity}, and nothing is said of what is not known`).toBeGreaterThan(0);
      });
    });
  }
});
