import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { MachineTree } from '../../src/host/tree.ts';

/** Real captures are not part of the project; tests over them are skipped where they are not mounted. */
export const SAMPLES = process.env.MUSTER_SAMPLES ?? resolve(import.meta.dirname, '../../../shared/samples');

export const sampleFolder = (folder: string): string => join(SAMPLES, folder);
export const haveSamples = (folder: string): boolean => existsSync(sampleFolder(folder));

/** The files of a folder, without their tables of provenance. */
export const sampleNames = (folder: string): readonly string[] =>
  haveSamples(folder) ? readdirSync(sampleFolder(folder)).filter((name) => !name.endsWith('.prov.tsv')) : [];

export const sample = (folder: string, name: string): string => readFileSync(join(sampleFolder(folder), name), 'utf8');

/** The files of a `.tar.gz`, below `prefix` as `under`. */
export const treeOfTarball = (folder: string, name: string, prefix: string, under: string): MachineTree => {
  const directory = mkdtempSync(join(tmpdir(), 'muster-samples-'));
  try {
    execFileSync('tar', ['-xzf', join(sampleFolder(folder), name), '-C', directory]);
    const root = join(directory, prefix);
    return new Map(
      readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => {
          const file = join(entry.parentPath, entry.name);
          return [`${under}/${relative(root, file)}`, readFileSync(file, 'utf8')];
        }),
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
