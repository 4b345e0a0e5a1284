import type { Action, Rule, Severity } from '../../src/api.ts';

/** No new job should start here until `then` is done. */
export const drain = (then: Action['then']): Action => ({ drain: true, then });
/** Jobs may start; do `then` when it suits. */
export const stay = (then: Action['then']): Action => ({ drain: false, then });

/** A rule for a state that can be read again, and is over when it no longer reads so. */
export const condition = (severity: Severity, title: string, action: Action, availability?: string): Rule => ({
  title,
  severity,
  action,
  lifetime: 'condition',
  ...(availability === undefined ? {} : { availability }),
});

/** A rule for something that happened, and is over only by what `lifetime` states. */
export const event = (
  severity: Severity,
  title: string,
  action: Action,
  lifetime: Exclude<Rule['lifetime'], 'condition'>,
): Rule => ({ title, severity, action, lifetime });
