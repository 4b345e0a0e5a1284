import type { Config } from './config.ts';

type Stated = Config['suppressions'][number];

/** `thermal/* of gpu2 (ann: fan ordered)` */
export const statedWords = ({ check, component, owner, reason }: Stated): string =>
  `${check}${component === undefined ? '' : ` of ${component}`} (${owner}: ${reason})`;

/** Suppressions of the configuration that are over and hide nothing any more. */
export const expired = ({ suppressions }: Pick<Config, 'suppressions'>, now: number): readonly Stated[] =>
  suppressions.filter(({ until }) => until <= now);

/** A line for each of them, with what to do. */
export const expiredWarnings = (config: Pick<Config, 'suppressions'>, now: number): readonly string[] =>
  expired(config, now).map(
    (one) =>
      `${one.setBy}: the suppression of ${statedWords(one)} ended at ${new Date(one.until).toISOString()} and is ignored; take it out or give it another end`,
  );
