import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadBaseline, saveBaseline } from '../../src/store/baseline.ts';

const root = mkdtempSync(join(tmpdir(), 'muster-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const counters = { 'gpus[gpu:a].errors': [[1000, 5] as const, [2000, 7] as const] };

describe('the baseline of one-shot runs', () => {
  it('comes back in the same boot only', async () => {
    const dir = join(root, 'a/b/c');
    await saveBaseline(dir, 'boot-1', counters);
    expect(await loadBaseline(dir, 'boot-1')).toEqual(counters);
    expect(await loadBaseline(dir, 'boot-2')).toBeUndefined();
    expect(await loadBaseline(dir, '')).toBeUndefined();
    expect(readdirSync(dir)).toEqual(['baseline.json']);
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"schema_version":1,"boot_id":"boot-1","counters":{"x":[["a",1]]}}',
    '{"schema_version":2}',
  ])('is none when the file holds %j', async (text) => {
    const dir = mkdtempSync(join(root, 'bad-'));
    writeFileSync(join(dir, 'baseline.json'), text);
    expect(await loadBaseline(dir, 'boot-1')).toBeUndefined();
  });

  it('that cannot be written is no error, and never hangs', async () => {
    await saveBaseline('/proc/muster/state', 'boot-1', counters);
    writeFileSync(join(root, 'file'), '');
    await saveBaseline(join(root, 'file/state'), 'boot-1', counters);
    expect(existsSync('/proc/muster')).toBe(false);
  });
});
