import { checks } from '../../../checks/index.ts';
import type { AnyCheck, Context, FactName } from '../../api.ts';
import type { CheckResult } from '../../engine/snapshot.ts';
import type { Seen } from './seen.ts';

/** What a check is made of. */
export const factsOf = ({
  requires,
  uses = [],
}: AnyCheck): { required: readonly FactName[]; used: readonly FactName[] } => ({
  required: requires,
  used: uses,
});

/** Where a check counts on this node. */
export const contextsOf = (check: AnyCheck, { config }: Seen): readonly Context[] =>
  config.checks[check.id]?.contexts ?? check.contexts;

/** What each check makes of this machine now, in a context in which it counts. */
export const checkResults = (seen: Seen): readonly { readonly check: AnyCheck; readonly result: CheckResult }[] =>
  checks.flatMap((check) => {
    const { checks: results } = contextsOf(check, seen).includes('prejob') ? seen.prejob : seen.continuous;
    const result = results.find(({ id }) => id === check.id);
    return result === undefined ? [] : [{ check, result }];
  });
