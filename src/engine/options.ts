import type { AnyCheck, Option, Profile } from '../api.ts';

export type OptionValue = number | string | boolean | readonly string[];
export type OptionValues = Readonly<Record<string, OptionValue>>;

const effective = (option: Option, configured: OptionValue | undefined, profile: Profile): OptionValue => {
  if (configured !== undefined) return configured;
  const limit = option.fromProfile === undefined ? undefined : profile.limits[option.fromProfile];
  return limit?.ok === true ? limit.value : option.default;
};

/** Configuration, else the machine profile, else the default. */
export const resolveOptions = (check: AnyCheck, configured: OptionValues, profile: Profile): OptionValues => {
  const options = (check.options ?? {}) as Readonly<Record<string, Option>>;
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, effective(option, configured[name], profile)]),
  );
};
