import { afterEach, describe, expect, it, vi } from 'vitest';
import { checks } from '../../checks/index.ts';
import { explain } from '../../src/cli/explain.ts';
import { type DescribedProfile, machineIds } from '../../src/knowledge/profiles/index.ts';

afterEach(() => vi.restoreAllMocks());

const explained = async (...subject: readonly string[]): Promise<unknown> => {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  await explain(subject, { output: 'json' });
  vi.restoreAllMocks();
  return JSON.parse(out);
};

const keysOf = (value: unknown): readonly string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => [...(Array.isArray(value) ? [] : [key]), ...keysOf(inner)]);

describe('muster explain -o json', () => {
  it('spells an Xid as every other JSON of Muster does', async () => {
    expect(await explained('xid', '79')).toMatchObject({
      kind: 'xid',
      code: 79,
      lifetime: { cleared_by: 'reboot' },
      linked_to_154: true,
      applies_to: expect.arrayContaining(['H100']),
    });
  });

  it.each([['sxid', '20034'], ...checks.map(({ id }) => [id])])('%s has no camelCase', async (...subject) => {
    const keys = keysOf(await explained(...subject));
    expect(keys.length).toBeGreaterThan(5);
    expect(keys.filter((key) => /[A-Z]|[a-z]_?[0-9]+_|__/.test(key) && key !== 'linked_to_154')).toEqual([]);
  });

  it.each(machineIds().map((id) => [id]))('prints profile %s, every number with its source', async (id) => {
    const profile = await explained('profile', id);
    expect(profile).toMatchObject({ id, recognised_by: expect.stringMatching(/\.$/) });
    const { entries, products } = profile as DescribedProfile;
    for (const entry of [...entries, ...products.flatMap((product) => product.entries)])
      expect(entry).toMatchObject({
        name: expect.stringMatching(/^[a-z]/),
        source: expect.stringMatching(/\w/),
        confidence: expect.stringMatching(/^(specified|measured|assumed)$/),
      });
    expect(keysOf(profile).filter((key) => /[A-Z]/.test(key))).toEqual([]);
  });

  it('names the profiles that there are', async () => {
    await expect(explained('profile', 'dgx-h1000')).rejects.toThrow(
      /^dgx-h1000 is no machine profile; known are hgx-a100-8, /,
    );
    await expect(explained('profile')).rejects.toThrow(/^explain profile takes a name; known are hgx-a100-8, /);
    await expect(explained('profile', 'gh200', 'l40s-8')).rejects.toThrow(/profile ID/);
  });

  it('leaves the names of codes and options as they are written in a configuration', async () => {
    const record = (await explained('gpu/ecc-errors')) as { readonly rules: object; readonly options: object };
    const check = checks.find(({ id }) => id === 'gpu/ecc-errors');
    expect(Object.keys(record.rules)).toEqual(Object.keys(check?.rules ?? {}));
    expect(Object.keys(record.options)).toEqual(Object.keys(check?.options ?? {}));
  });
});
