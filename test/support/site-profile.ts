import { parseSiteProfile } from '../../src/knowledge/profiles/site.ts';

/** Settings of a site whose own profile says this of the host, besides what an HGX H100 node is. */
export const profileSaying = (host: Readonly<Record<string, number>>) => {
  const profile = parseSiteProfile({ id: 'own', extends: 'hgx-h100-8', host });
  if (!profile.ok) throw new Error(profile.errors.join('\n'));
  return { machine: 'own', siteProfiles: [profile.value] };
};
