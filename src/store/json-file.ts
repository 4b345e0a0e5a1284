import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { absent, known, type Reading } from '../api.ts';

/** Reads a JSON file that Muster wrote. Whatever is wrong with it is an absence: such a file can always be made anew. */
export const readJsonFile = (file: string): Reading<unknown> => {
  try {
    return known(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return absent('no-history', `${file} does not exist yet`);
    return absent(code === 'EACCES' ? 'denied' : 'failed', `${file} cannot be read: ${message}`);
  }
};

/** One level after the other: mkdir with `recursive` never returns below /proc (Node 20). */
const makeDirectory = (directory: string): void => {
  try {
    mkdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(directory) === directory) throw error;
    if (existsSync(dirname(directory))) throw error;
    makeDirectory(dirname(directory));
    mkdirSync(directory);
  }
};

const discard = (file: string): void => {
  try {
    rmSync(file, { force: true });
  } catch {
    // It was never made.
  }
};

/** Replaces the file in one step, so that a reader never sees half of it. Tells why when it could not. */
export const writeJsonFile = (file: string, value: unknown): Reading<true> => {
  const fresh = `${file}.${process.pid}.new`;
  try {
    makeDirectory(dirname(file));
    writeFileSync(fresh, JSON.stringify(value), { mode: 0o644 });
    renameSync(fresh, file);
    return known(true);
  } catch (error) {
    discard(fresh);
    const { code, message } = error as NodeJS.ErrnoException;
    return absent(code === 'EACCES' || code === 'EROFS' ? 'denied' : 'failed', `${file} cannot be written: ${message}`);
  }
};
