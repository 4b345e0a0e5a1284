import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { expect } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = resolve(ROOT, 'test/golden');

/** Where a golden file lies. */
export const goldenFile = (name: string): string => resolve(FOLDER, name);

/** Compares with the golden file, or writes it where `UPDATE_GOLDEN` is set; `test` is the file to run for that. */
export const expectGolden = (name: string, text: string, test: string): void => {
  const file = goldenFile(name);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  const shown = relative(ROOT, file);
  const howTo = `read the diff; if it is meant: UPDATE_GOLDEN=1 npx vitest run ${test}`;
  expect(existsSync(file), `${shown} is not there; ${howTo}`).toBe(true);
  expect(text, `${shown} is no longer what comes out; ${howTo}`).toBe(readFileSync(file, 'utf8'));
};
