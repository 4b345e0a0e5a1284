import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../src/knowledge/', import.meta.url));
const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** Numbers that name things rather than measure them. */
const NAMES = new Set(['code', 'codes']);

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** Every number of a file that neither names something nor stands in an object with a source. */
const unsourced = (node: Json, path: string, sources: readonly string[]): string[] => {
  if (typeof node === 'number') return sources.some((source) => source.trim() !== '') ? [] : [path];
  if (Array.isArray(node)) return node.flatMap((each, at) => unsourced(each, `${path}[${at}]`, sources));
  if (typeof node !== 'object') return [];
  const entries = Object.entries(node as { [key: string]: Json });
  const own = (node as { source?: Json }).source;
  // The source of a whole file does not vouch for a number in it.
  const inside = typeof own === 'string' && path !== '' ? [...sources, own] : sources;
  return entries.flatMap(([key, value]) => (NAMES.has(key) ? [] : unsourced(value, `${path}.${key}`, inside)));
};

const CONFIDENCES = ['specified', 'measured', 'assumed'];

/** Every `{value}` that lacks a source or a confidence. */
const unsure = (node: Json, path: string): string[] => {
  if (Array.isArray(node)) return node.flatMap((each, at) => unsure(each, `${path}[${at}]`));
  if (typeof node !== 'object') return [];
  const record = node as { [key: string]: Json };
  const complete =
    typeof record.source === 'string' && record.source.trim() !== '' && CONFIDENCES.includes(String(record.confidence));
  const own = 'value' in record && !complete ? [path] : [];
  return [...own, ...Object.entries(record).flatMap(([key, value]) => unsure(value, `${path}.${key}`))];
};

describe('knowledge files', () => {
  it('are found', () => expect(files.length).toBeGreaterThanOrEqual(14));

  it.each(files)('%s gives every number with its source', (file) => {
    const data = JSON.parse(readFileSync(join(root, file), 'utf8')) as Json;
    expect(unsourced(data, '', [])).toEqual([]);
    expect(unsure(data, '')).toEqual([]);
  });

  it.each(files.filter((file) => file.startsWith('profiles')))('%s says how sure it is of every number', (file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const numbers = text.match(/": -?\d/g)?.length ?? 0;
    expect(text.match(/"value": -?\d/g)?.length ?? 0).toBe(numbers);
  });

  it.each(files)('%s names no path of a workshop', (file) => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(/\/work\/|research\//);
  });
});
