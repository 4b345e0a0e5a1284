import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { builtInProfile, machineIds, products } from '../../src/knowledge/profiles/index.ts';
import { parseSiteProfile } from '../../src/knowledge/profiles/site.ts';
import { profilesPage } from '../../src/pages/profiles.ts';

const page = profilesPage();

/** From a heading to the next of its rank. */
const sectionOf = (heading: string): string => page.split(`\n### ${heading}\n`)[1]?.split(/\n##/)[0] ?? '';

describe('docs/profiles.md', () => {
  it.each(machineIds())('says how %s is recognised, and each of its numbers with its source', (id) => {
    const section = sectionOf(id);
    expect(section).toMatch(/Recognised by: .+ of NVIDIA/);
    const profile = builtInProfile(id);
    if (profile?.gpu.count.ok === true)
      expect(section).toContain(
        `| \`gpu.count\` | ${profile.gpu.count.value} | ${profile.gpu.count.confidence} | ${profile.gpu.count.source} |`,
      );
    for (const unit of profile?.services.ok === true ? profile.services.value : [])
      expect(section).toContain(`\`${unit}\``);
  });

  it('tells a DGX from its HGX board', () => {
    expect(sectionOf('dgx-h100')).toContain('the vendor NVIDIA and the product DGXH100 or DGX H100');
    expect(sectionOf('dgx-h100')).toContain('Builds upon `hgx-h100-8`.');
    expect(sectionOf('hgx-h100-8')).not.toContain('firmware names');
  });

  it.each(products.map((product) => [product.names[0] ?? '', product] as const))('has %s', (name, product) => {
    expect(page).toContain(`### ${name}`);
    expect(page).toContain(`PCI device ${product.pci_device_ids.join(', ')}.`);
  });

  it('shows a profile that can be loaded as it stands', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(parseSiteProfile(parse(example))).toMatchObject({ ok: true, value: { id: 'pod-a', extends: 'hgx-h100-8' } });
  });
});
