import { configError } from '../errors.ts';
import { parseSiteProfile, type SiteProfile } from '../knowledge/profiles/site.ts';
import { readText } from './files.ts';
import { parseYaml } from './yaml-file.ts';

/** The machine profiles of a site, one a file. */
export const readSiteProfiles = (files: readonly string[]): SiteProfile[] =>
  files.map((file) => {
    const { data, at } = parseYaml(file, readText(file));
    const parsed = parseSiteProfile(data);
    if (parsed.ok) return parsed.value;
    throw configError(`${at(parsed.path)} ${parsed.path.join('.')}: ${parsed.message}; see docs/configuration.md`);
  });
