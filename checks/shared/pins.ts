import { absent, type Expected, type Fact, type PinName, type Profile } from '../../src/api.ts';

/** The versions that the site allows under `name`; absent, with the reason, where it pins none. */
export const pinOf = (profile: Fact<Profile>, name: PinName): Expected<readonly string[]> =>
  profile.ok ? (profile.value.pins[name] ?? absent('unsupported', `no ${name} version is pinned`)) : profile;
