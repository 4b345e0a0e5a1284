import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parity } from '../../src/knowledge/parity.ts';
import { fixtureOf } from '../../src/pages/parity.ts';
import { foundIn, outcomesOf } from '../support/outcomes-of.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('docs/parity.md', () => {
  const claims = parity.rows.flatMap(({ what, ours = [] }) => ours.map((one) => ({ what, ...one })));

  it.each(claims.filter(({ check }) => check !== 'plugins'))(
    '$what: $check finds it on raw text',
    async ({ check, codes }) => {
      const outcomes = await outcomesOf(check);
      const found = outcomes === undefined ? [] : foundIn(outcomes).map(({ code }) => code);
      expect(codes.filter((code) => !found.includes(code))).toEqual([]);
      expect(codes.length).toBeGreaterThan(0);
    },
  );

  it('names fixtures that are there', () => {
    const missing = claims.map(({ check }) => fixtureOf(check)).filter((file) => !existsSync(resolve(ROOT, file)));
    expect(missing).toEqual([]);
  });

  it('has no empty row, says why where nothing covers it, and that in at most one row of ten', () => {
    const peers = new Set(parity.peers.map(({ id }) => id));
    for (const { what, theirs, ours, not } of parity.rows) {
      expect(what).not.toBe('');
      expect(Object.values(theirs).flat().length, what).toBeGreaterThan(0);
      for (const id of Object.keys(theirs)) expect(peers).toContain(id);
      expect(ours === undefined, what).toBe(not !== undefined);
      expect(ours === undefined ? not : ours.length, what).toBeTruthy();
    }
    const open = parity.rows.filter(({ not }) => not !== undefined);
    expect(open.length * 10).toBeLessThanOrEqual(parity.rows.length);
  });
});
