import { describe, expect, it } from 'vitest';
import type { Component } from '../../src/api.ts';
import { boardMoves } from '../../src/derive/board-moves.ts';

const board = (uuid: string | undefined, bus: string): Component => {
  const pciBusId = `00000000:${bus}:00.0`;
  return { kind: 'gpu', key: `gpu:${uuid ?? pciBusId}`, pciBusId, ...(uuid === undefined ? {} : { uuid }) };
};
const movesOf = (before: readonly Component[], now: readonly Component[]) => {
  const { addresses, gone } = boardMoves(before, now);
  return { addresses: Object.fromEntries(addresses), gone: gone.map(({ uuid }) => uuid) };
};
const A1 = board('A', '1B');
const B2 = board('B', '43');

describe('boards over a reboot', () => {
  it('stay where they are', () => {
    expect(movesOf([A1, B2], [A1, B2])).toEqual({ addresses: {}, gone: [] });
  });

  it('that were exchanged take what is known of them along', () => {
    expect(movesOf([A1, B2], [board('A', '43'), board('B', '1B')])).toEqual({
      addresses: { '00000000:1B:00.0': '00000000:43:00.0', '00000000:43:00.0': '00000000:1B:00.0' },
      gone: [],
    });
  });

  it('that were replaced leave nothing to the new one', () => {
    expect(movesOf([A1, B2], [board('C', '1B'), B2])).toEqual({
      addresses: { '00000000:1B:00.0': undefined },
      gone: ['A'],
    });
  });

  it('that do not answer are not gone', () => {
    expect(movesOf([A1, B2], [board(undefined, '1B'), B2])).toEqual({ addresses: {}, gone: [] });
    expect(movesOf([A1, B2], [B2])).toEqual({ addresses: {}, gone: [] });
  });
});
