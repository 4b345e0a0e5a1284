import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { muster, PATH, type Sandbox, sandboxes } from '../support/cli.ts';

const sandbox = sandboxes();

/** Words by which the code of a part is known in a bundle, whatever its file is called. */
const MARKS = { yaml: 'YAMLParseError', valibot: '~standard', doctor: 'nothing to mend' } as const;

/** The parts of which V8 saw code in a run (nodejs.org/api/cli.html, NODE_V8_COVERAGE). */
const partsOf = async ({ dir }: Sandbox, args: readonly string[]): Promise<readonly string[]> => {
  const coverage = join(dir, 'coverage');
  await muster(args, {
    HOME: dir,
    TMPDIR: dir,
    PATH,
    NODE_V8_COVERAGE: coverage,
    MUSTER_PROFILES_DIR: join(dir, 'none'),
  });
  const loaded = readdirSync(coverage)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => (JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] }).result)
    .filter(({ url }) => url.startsWith('file:'))
    .map(({ url }) => readFileSync(fileURLToPath(url), 'utf8'));
  expect(loaded.length).toBeGreaterThan(1);
  return Object.entries(MARKS).flatMap(([part, mark]) => (loaded.some((text) => text.includes(mark)) ? [part] : []));
};

// A recording, because a simulated machine has processes of its own.
const RECORDING = join(import.meta.dirname, '../fixtures/recordings/h200-vm');
const QUICK = ['validate', '--level', 'quick', '--from', RECORDING, '-o', 'json'];

it('a quick validation without a configuration loads neither YAML, nor the schema, nor doctor', async () => {
  expect(await partsOf(sandbox(), QUICK)).toEqual([]);
});

it('they are seen where they are loaded', async () => {
  const box = sandbox();
  const file = join(box.dir, 'muster.yaml');
  writeFileSync(file, 'gpus: expected\n');
  expect(await partsOf(box, [...QUICK, '--config', file])).toEqual(['yaml', 'valibot']);
  expect(await partsOf(sandbox(), ['doctor', '--mock', 'hgx-h100-8'])).toContain('doctor');
});
