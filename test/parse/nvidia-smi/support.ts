import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Gpu, Raw } from '../../../src/api.ts';
import { readNvidiaSmi, type SmiAnswer } from '../../../src/parse/nvidia-smi/read.ts';

const repoRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

export const fixture = (name: string): string =>
  readFileSync(resolve(repoRoot, 'test/fixtures/nvidia-smi', name), 'utf8');

const samples = process.env.MUSTER_SAMPLES ?? resolve(repoRoot, '../shared/samples');
export const haveSamples = existsSync(resolve(samples, 'nvsmi-xml'));
export const sample = (path: string): string => readFileSync(resolve(samples, path), 'utf8');
export const sampleNames = (folder: string): string[] => (haveSamples ? readdirSync(resolve(samples, folder)) : []);

export const answer = (stdout: string, exitCode = 0, stderr = ''): SmiAnswer =>
  readNvidiaSmi({ exitCode, stdout, stderr });

export const gpusOf = ({ gpus }: SmiAnswer): readonly Raw<Gpu>[] => {
  if (!gpus.ok) throw new Error(`no GPUs: ${gpus.detail}`);
  return gpus.value;
};

export const gpuOf = (stdout: string, position = 0): Raw<Gpu> => {
  const gpu = gpusOf(answer(stdout))[position];
  if (gpu === undefined) throw new Error(`no GPU at ${position}`);
  return gpu;
};

interface ReadingLike {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly reason?: string;
  readonly detail?: string;
}

/** Every reading of a record by its path. */
export const readings = (record: object, at = ''): Map<string, ReadingLike> => {
  const found = new Map<string, ReadingLike>();
  for (const [name, inner] of Object.entries(record)) {
    if (name === 'ref' || typeof inner !== 'object' || inner === null) continue;
    const path = at === '' ? name : `${at}.${name}`;
    if ('ok' in inner) found.set(path, inner as ReadingLike);
    else for (const [below, reading] of readings(inner, path)) found.set(below, reading);
  }
  return found;
};

export interface Leaf {
  readonly path: string;
  readonly line: number;
}

/** The leaves of the first GPU in a fixture, which has one a line. */
export const leavesIn = (xml: string): readonly Leaf[] => {
  const found: Leaf[] = [];
  const open: string[] = [];
  for (const [line, text] of xml.split('\n').entries()) {
    if (text.includes('<gpu id=') && found.length > 0) break;
    const leaf = /^\t\t+<(\w+)>.*<\/\1>$/.exec(text)?.[1];
    const start = /^\t\t+<(\w+)>$/.exec(text)?.[1];
    if (leaf !== undefined) found.push({ path: [...open, leaf].join('/'), line });
    else if (start !== undefined) open.push(start);
    else if (/^\t\t+<\/\w+>$/.test(text)) open.pop();
  }
  return found;
};

export const withLine = (xml: string, line: number, edit: (text: string) => string | undefined): string => {
  const lines = xml.split('\n');
  const edited = edit(lines[line] ?? '');
  lines.splice(line, 1, ...(edited === undefined ? [] : [edited]));
  return lines.join('\n');
};

export const withoutLeaf = (xml: string, { line }: Leaf): string => withLine(xml, line, () => undefined);
export const withText = (xml: string, { line }: Leaf, text: string): string =>
  withLine(xml, line, (old) => old.replace(/>.*</, `>${text}<`));

/** The fixture with the first leaf at `path` changed, or removed. */
export const edited = (xml: string, path: string, text: string | undefined): string => {
  const leaf = leavesIn(xml).find((candidate) => candidate.path === path);
  if (leaf === undefined) throw new Error(`no ${path} in the fixture`);
  return text === undefined ? withoutLeaf(xml, leaf) : withText(xml, leaf, text);
};

/** An element with all that it holds replaced by a line of text. */
export const collapsed = (xml: string, name: string, text: string | undefined): string =>
  xml.replace(new RegExp(`<${name}>[\\s\\S]*?</${name}>`), text === undefined ? '' : `<${name}>${text}</${name}>`);
