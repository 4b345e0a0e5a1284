import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';

const root = mkdtempSync(join(tmpdir(), 'muster-profiles-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let directories = 0;
const load = (files: Readonly<Record<string, string>>) => {
  const directory = mkdtempSync(join(root, `${directories++}-`));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const file = join(directory, 'muster.conf');
  writeFileSync(file, 'log: { level: info }\n');
  return loadConfig({ file, checks: [], env: { MUSTER_PROFILES_DIR: directory } });
};

describe('profiles of the site', () => {
  it('are the YAML files of their directory, by name', async () => {
    const { siteProfiles } = await load({
      'b.yaml': 'id: pod-b\nextends: dgx-h100\n',
      'a.yml': 'id: pod-a\nproducts: [NVIDIA L40S]\ngpu: { count: 4 }\n',
      'notes.txt': 'nothing',
    });
    expect(siteProfiles.map(({ id }) => id)).toEqual(['pod-a', 'pod-b']);
  });

  it('may have the name of a built-in one', async () => {
    expect(
      (await load({ 'a.yaml': 'id: hgx-h100-8\nextends: hgx-h100-8\nmounts: [/scratch]\n' })).siteProfiles[0],
    ).toMatchObject({
      id: 'hgx-h100-8',
      mounts: { value: ['/scratch'], source: "the site's own profile" },
    });
  });

  it.each([
    ['YAML that is none', 'id: [', /a\.yaml:1:\d+: /],
    ['no id', 'title: ours\n', /a\.yaml:1:1 id: /],
    ['an id in capitals', 'id: Pod-A\n', /a\.yaml:1:1 id: must be lower case/],
    ['a base that does not exist', 'id: a\nextends: hgx-h100-9\n', /a\.yaml:2:1 extends: must be one of hgx-a100-8, /],
    ['a base of the site', 'id: a\nextends: pod-b\n', /a\.yaml:2:1 extends: must be one of /],
    ['an unknown key', 'id: a\ngpus: { count: 8 }\n', /a\.yaml:2:1 gpus: /],
    [
      'a text for a number',
      'id: a\ngpu:\n  count: eight\n',
      /a\.yaml:3:3 gpu\.count: must be a value of the right kind/,
    ],
    [
      'a wrong entry of a list',
      'id: a\nnics:\n  - role: compute\n  - role: gossip\n',
      /a\.yaml:4:5 nics\.1\.role: .*gossip/,
    ],
    [
      'a list that is none',
      'id: a\nservices: nvidia-fabricmanager.service\n',
      /a\.yaml:2:1 services: must be a value of the right kind/,
    ],
    ['an empty name', 'id: a\nkernel_modules: [""]\n', /a\.yaml:2:\d+ kernel_modules\.0: must not be empty/],
    [
      'a system without products',
      'id: a\nsystem: { vendor: NVIDIA, products: [] }\n',
      /a\.yaml:2:\d+ system\.products: must name one/,
    ],
    ['a number without its source', 'id: a\nhost:\n  cpus: { value: 224 }\n', /a\.yaml:3:3 host\.cpus\.source: /],
  ])('with %s are refused, and where', async (_, text, message) => {
    await expect(load({ 'a.yaml': text })).rejects.toThrow(message);
  });

  it('are refused where two have one name', async () => {
    const both = load({ 'a.yaml': 'id: pod-a\n', 'b.yaml': '# ours\nid: pod-a\n' });
    await expect(both).rejects.toThrow(/b\.yaml:2:1 id: pod-a is the profile of .*a\.yaml already; rename one/);
  });
});
