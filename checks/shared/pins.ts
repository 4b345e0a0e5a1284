import { absent, type Expected, type Fact, type Profile } from '../../src/api.ts';

/** The version that the site pinned under `name`; absent, with the reason, where it pins none. */
export const pinOf = (profile: Fact<Profile>, name: 'driver' | 'vbios' | 'nic-firmware'): Expected<string> =>
  profile.ok ? (profile.value.pins[name] ?? absent('unsupported', `no ${name} version is pinned`)) : profile;
