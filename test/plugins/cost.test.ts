import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasPlugins } from '../../src/config/plugins.ts';
import { entry } from '../support/cli.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The bundles that a verb loads when it starts: what it imports later, when it needs it, is none of them. */
const loadedAtOnce = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g))
    loadedAtOnce(join(dirname(file), name), seen);
  return seen;
};

/** What stands in the code of plugins alone. */
const MARKS = ['muster.limited', 'is a check that ships with Muster'];

describe('a site without plugins', () => {
  it('has none where the directory is missing or empty, and then none of their code is asked for', () => {
    const settings = { everySeconds: 60, timeoutSeconds: 5, mayDrain: [], executables: [] };
    expect(hasPlugins({ ...settings, directory: '/nowhere/checks.d' })).toBe(false);
    expect(hasPlugins({ ...settings, directory: temporaryDirectory() })).toBe(false);
  });

  it.skipIf(process.env.MUSTER_ENTRY !== undefined)('loads none of their code in a validation', () => {
    const files = [...loadedAtOnce(join(dirname(entry()), 'verbs/validate.js'))];
    expect(files.length).toBeGreaterThan(1);
    const texts = files.map((file) => readFileSync(file, 'utf8'));
    for (const mark of MARKS) expect(texts.some((text) => text.includes(mark))).toBe(false);
  });
});
