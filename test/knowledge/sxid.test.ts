import { describe, expect, it } from 'vitest';
import { sxidMeaning } from '../../src/knowledge/xid/index.ts';

describe('sxidMeaning', () => {
  it.each([
    [20034, true, 'CRITICAL', 'reset'],
    [20034, undefined, 'CRITICAL', 'reset'],
    [12028, false, 'WARNING', 'hardware'],
    [22013, false, 'INFO', 'informational'],
    [11012, undefined, 'INFO', 'informational'],
    [12020, undefined, 'CRITICAL', 'fatal'],
    [23017, true, 'CRITICAL', 'fatal'],
    [99999, undefined, 'WARNING', 'unknown'],
    [99999, true, 'CRITICAL', 'fatal'],
    [99999, false, 'WARNING', 'hardware'],
  ])('judges SXid %i with the word fatal=%s as %s', (code, fatal, severity, kind) => {
    const meaning = sxidMeaning(code, fatal);
    expect(meaning).toMatchObject({ code, severity, class: kind, action: { drain: severity === 'CRITICAL' } });
    if (severity === 'CRITICAL') expect(meaning.lifetime).toEqual({ clearedBy: 'reboot' });
  });

  it('believes the word in the line over its own table', () => {
    expect(sxidMeaning(20034, false).severity).toBe('WARNING');
    expect(sxidMeaning(11012, true).severity).toBe('CRITICAL');
  });
});
