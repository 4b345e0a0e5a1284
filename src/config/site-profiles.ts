import { configError } from '../errors.ts';
import { parseSiteProfile, type SiteProfile } from '../knowledge/profiles/site.ts';
import { readText } from './files.ts';
import { parseYaml } from './yaml-file.ts';

/** The machine profiles of a site, one a file. */
export const readSiteProfiles = (files: readonly string[]): SiteProfile[] => {
  const fileOf = new Map<string, string>();
  return files.map((file) => {
    const { data, at } = parseYaml(file, readText(file));
    const parsed = parseSiteProfile(data);
    if (!parsed.ok)
      throw configError(`${at(parsed.path)} ${parsed.path.join('.')}: ${parsed.message}; see docs/profiles.md`);
    const { id } = parsed.value;
    const other = fileOf.get(id);
    if (other !== undefined)
      throw configError(`${at(['id'])} id: ${id} is the profile of ${other} already; rename one`);
    fileOf.set(id, file);
    return parsed.value;
  });
};
