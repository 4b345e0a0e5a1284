import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Absent, absent, known, type S } from '../api.ts';
import { errorCode } from './errno.ts';
import { SCHEMA_VERSION } from './manifest.ts';
import type { Recording } from './recording.ts';

const isSafe = (key: string): boolean =>
  key !== '' && !key.includes('\0') && key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const iso = (ms: number): string => new Date(ms).toISOString();

const writeInto = async (directory: string, { node, bootId, samples }: Recording): Promise<void> => {
  for (const [i, { tree }] of samples.entries()) {
    await mkdir(join(directory, 'samples', String(i)), { recursive: true });
    for (const [key, text] of tree) {
      if (key === 'kmsg') continue;
      if (!isSafe(key)) throw new Error(`the key ${JSON.stringify(key)} is not a path`);
      const file = join(directory, 'samples', String(i), key);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
  const kmsg = samples.findLast(({ tree }) => tree.has('kmsg'))?.tree.get('kmsg');
  if (kmsg !== undefined) await writeFile(join(directory, 'kmsg'), kmsg);
  const manifest = {
    schema_version: SCHEMA_VERSION,
    boot_id: bootId,
    node,
    at: iso(samples[0]?.at ?? 0),
    samples: samples.map(({ at }) => ({ at: iso(at) })),
  };
  await writeFile(join(directory, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
};

const cannotBeWritten = (directory: string, error: unknown): Absent => {
  const code = errorCode(error);
  const hint =
    { ENOENT: '; create its parent directory first', ENOTDIR: '; name a directory' }[code] ??
    '; choose another directory';
  return absent('failed', `${directory}: cannot be written: ${code}${hint}`);
};

/** Whether a recording can go there, asked before the samples are taken. Answers with the directory. */
export const canWriteRecording = async (path: string): Promise<S> => {
  const directory = resolve(path);
  try {
    const existing = await readdir(directory).catch(async (error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
      await access(dirname(directory), constants.W_OK);
      return [];
    });
    return existing.length === 0
      ? known(directory)
      : absent('failed', `${directory}: not empty; choose a new directory`);
  } catch (error) {
    return cannotBeWritten(directory, error);
  }
};

/** Writes a recording whole or not at all; a directory that holds anything is left alone. Answers with the directory. */
export const writeRecording = async (path: string, recording: Recording): Promise<S> => {
  const free = await canWriteRecording(path);
  if (!free.ok) return free;
  const directory = free.value;
  let partial: string | undefined;
  try {
    partial = await mkdtemp(join(dirname(directory), `.${basename(directory)}-`));
    await writeInto(partial, recording);
    await rename(partial, directory);
    return known(directory);
  } catch (error) {
    if (partial !== undefined) await rm(partial, { recursive: true, force: true }).catch(() => {});
    return cannotBeWritten(directory, error);
  }
};
