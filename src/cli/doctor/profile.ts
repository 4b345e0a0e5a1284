import { siteProfileFiles } from '../../config/load.ts';
import { machineIds } from '../../knowledge/profiles/index.ts';
import { columns, type Problem, type Section } from './section.ts';
import type { Seen } from './seen.ts';

const why = ({ prejob: { profile }, config }: Seen): string => {
  if (profile.configured) return `named by ${config.machineSetBy ?? 'the configuration'}`;
  const { products, known } = profile;
  if (known) return `matched by its GPUs (${products.join(' or ')})`;
  return products.length === 0
    ? 'no GPU says what it is'
    : `no machine is known that has these GPUs (${products.join(', ')})`;
};

/** Which machine this is taken for, and why; what the site has added. */
export const profileSection = (seen: Seen): Section => {
  const { profile } = seen.prejob;
  const files = siteProfileFiles(seen.env);
  const own = seen.config.siteProfiles.map(({ id }) => id);
  const known = machineIds(seen.config.siteProfiles);
  const problems: readonly Problem[] =
    profile.conflict === undefined
      ? []
      : [
          {
            about: 'machine',
            message: profile.conflict,
            cure: `name the right one (muster validate --machine ${known[0]}), or look for the missing GPUs`,
          },
        ];
  const hint =
    profile.known || profile.configured ? [] : [['hint', `name it with machine:, if it is one of ${known.join(', ')}`]];
  return {
    name: 'profiles',
    problems,
    lines: columns([
      ['machine', `${profile.id}: ${why(seen)}`],
      ...hint,
      ['of this site', files.length === 0 ? 'none' : files.map((file, i) => `${own[i] ?? '?'} (${file})`).join(', ')],
    ]),
    json: {
      id: profile.id,
      known: profile.known,
      configured: profile.configured,
      why: why(seen),
      site_files: files,
      site_profiles: own,
    },
  };
};
