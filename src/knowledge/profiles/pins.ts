import type { PinName, Profile } from '../../api.ts';

/** What a site may pin, in the configuration and in a machine profile of its own. */
export const PIN_NAMES: readonly PinName[] = ['driver', 'vbios', 'inforom', 'nic-firmware', 'kernel', 'bios'];

/** The versions that the configuration allows, by name. */
export type Pins = Readonly<Partial<Record<PinName, readonly string[]>>>;

/** The profile with the pins of the configuration, which win over its own. */
export const withPins = (profile: Profile, pins: Pins): Profile => ({
  ...profile,
  pins: {
    ...profile.pins,
    ...Object.fromEntries(
      Object.entries(pins).map(([name, value]) => [
        name,
        { ok: true, value, source: 'the configuration', confidence: 'specified' },
      ]),
    ),
  },
});
