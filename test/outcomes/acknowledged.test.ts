import { describe, expect, it } from 'vitest';
import { checks } from '../../checks/index.ts';
import type { AnyCheck } from '../../src/api.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { foundIn, outcomesOf } from '../support/outcomes-of.ts';

/** For each code the first machine of which the kernel log alone has bad news. */
const casesOf = async ({ id }: AnyCheck) => {
  const outcomes = await outcomesOf(id);
  if (outcomes === undefined) return [];
  const told = foundIn(outcomes).filter(({ about, on }) => about.length > 0 && on.changedPaths.join() === 'kmsg');
  return told
    .filter(({ code }, i) => told.findIndex((other) => other.code === code) === i)
    .map(({ code, on }) => ({ id, code, on }));
};

const readsKernelLog = ({ requires, uses = [] }: AnyCheck): boolean =>
  [...requires, ...uses].some((name: string) => name === 'kernelLog');

const cases = (await Promise.all(checks.filter(readsKernelLog).map(casesOf))).flat();

describe('what the kernel told is over once somebody has dealt with it', () => {
  it.each(cases)('$id $code', async ({ id, code, on }) => {
    const held: { engine?: Engine } = {};
    await on.prepared((engine) => Object.assign(held, { engine })).judge(id);
    const found = (): readonly string[] => {
      const snapshot = held.engine?.assess({ context: 'continuous', lifetimes: 'observe', keepStale: true });
      const result = snapshot?.checks.find((one) => one.id === id);
      return (result?.findings ?? []).map((one) => one.code);
    };
    expect(found()).toContain(code);
    held.engine?.acknowledge({ check: id, owner: 'operator' });
    expect(found()).toEqual([]);
  });
});
