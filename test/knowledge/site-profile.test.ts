import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSiteProfile } from '../../src/knowledge/profiles/site.ts';

describe('parseSiteProfile', () => {
  it('takes bare values as what the site specifies', () => {
    const parsed = parseSiteProfile({
      id: 'pod-a',
      gpu: { count: 8 },
      nics: [{ role: 'compute', count: 8, rate_gbps: 400 }],
    });
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        gpu: { count: { value: 8, source: "the site's own profile", confidence: 'specified' } },
        nics: [{ rate_gbps: { value: 400, confidence: 'specified' } }],
      },
    });
  });

  it('keeps a stated source and confidence', () => {
    const measured = { value: 395, source: 'node 17, idle', confidence: 'measured' };
    expect(parseSiteProfile({ id: 'a', gpu: { power_limit_watts: measured } })).toMatchObject({
      ok: true,
      value: { gpu: { power_limit_watts: measured } },
    });
  });

  it.each([
    ['no id', {}, ['id'], /id/],
    ['an id with blanks', { id: 'pod a' }, ['id'], /lower case/],
    ['a key that does not exist', { id: 'a', gpus: {} }, ['gpus'], /gpus/],
    ['a key that does not exist, deeper', { id: 'a', gpu: { cout: 8 } }, ['gpu', 'cout'], /cout/],
    ['a number as text', { id: 'a', gpu: { count: 'eight' } }, ['gpu', 'count'], /value of the right kind/],
    ['half a GPU', { id: 'a', gpu: { count: 7.5 } }, ['gpu', 'count'], /whole number/],
    ['a negative count', { id: 'a', gpu: { count: -1 } }, ['gpu', 'count'], /negative/],
    ['a number without its source', { id: 'a', gpu: { count: { value: 8 } } }, ['gpu', 'count', 'source'], /source/],
    [
      'a made-up confidence',
      { id: 'a', gpu: { count: { value: 8, source: 's', confidence: 'sure' } } },
      ['gpu', 'count', 'confidence'],
      /sure/,
    ],
    ['an unknown role', { id: 'a', nics: [{ role: 'compute' }, { role: 'gossip' }] }, ['nics', '1', 'role'], /gossip/],
    ['a limit in capitals', { id: 'a', limits: { Hot: 3 } }, ['limits', 'Hot'], /lower case/],
    ['a list', [], ['id'], /./],
    ['a base that does not exist', { id: 'a', extends: 'hgx-h100-9' }, ['extends'], /hgx-h100-8/],
    ['nothing', undefined, [], /./],
  ])('refuses %s and says where', (_what, data, path, message) => {
    const parsed = parseSiteProfile(data);
    expect(parsed).toMatchObject({ ok: false, path, message: expect.stringMatching(message) });
    if (!parsed.ok) expect(parsed.errors[0]).toBe(`${path.join('.') || 'profile'}: ${parsed.message}`);
  });

  it('reports every error', () => {
    const parsed = parseSiteProfile({ id: 'A', gpu: { count: -1, nvlinks: 'x' } });
    expect(parsed.ok ? [] : parsed.errors).toHaveLength(3);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.jsonValue(), (anything, gpu) => {
        expect(parseSiteProfile(anything).ok).toBeTypeOf('boolean');
        expect(parseSiteProfile({ id: 'a', gpu }).ok).toBeTypeOf('boolean');
      }),
    );
  });
});
