import { describe, expect, it } from 'vitest';
import check from '../../../checks/host/refused-plugins.ts';

const NODE = { kind: 'node', key: 'node' } as const;
const judge = (refused: readonly { origin: string; reason: string }[]) =>
  check.judge(
    { plugins: { ref: NODE, checks: [], refused } },
    { now: 0, bootedAt: 0, context: 'prejob', node: NODE, options: {} },
  );

describe('host/refused-plugins', () => {
  it('passes where all of them are in use', () => expect(judge([])).toEqual([{ pass: NODE }]));

  it('names each that is not', () => {
    expect(judge([{ origin: '/a.mjs', reason: 'SyntaxError: x' }])).toEqual([
      {
        finding: {
          component: NODE,
          code: 'refused',
          message: 'A plugin is refused: /a.mjs: SyntaxError: x',
          evidence: { refused: 1 },
        },
      },
    ]);
    const two = judge([
      { origin: '/a.mjs', reason: 'x' },
      { origin: '/b.mjs', reason: 'y' },
    ]);
    expect(two[0]).toMatchObject({
      finding: { message: '2 plugins are refused: /a.mjs: x; /b.mjs: y', evidence: { refused: 2 } },
    });
  });
});
