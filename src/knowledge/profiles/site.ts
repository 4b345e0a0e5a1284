import * as v from 'valibot';
import { machineIds } from './machines.ts';
import { type MachineRecord, machineSchema } from './record.ts';

/** A profile of the site, as its YAML gives it. */
export type SiteProfile = MachineRecord;

interface ProfileError {
  readonly path: readonly string[];
  readonly message: string;
}

const pathOf = (issue: v.BaseIssue<unknown>): readonly string[] => (issue.path ?? []).map(({ key }) => String(key));

/** The most specific complaint: a union says only that none of its members fits. */
const complaint = (issue: v.BaseIssue<unknown>): ProfileError => {
  if (issue.type !== 'union' || issue.issues === undefined) return { path: pathOf(issue), message: issue.message };
  const inner = issue.issues.find(({ path, type }) => (path?.length ?? 0) > 0 || type === 'min_value');
  return { path: [...pathOf(issue), ...(inner ? pathOf(inner) : [])], message: inner?.message ?? issue.message };
};

const siteSchema = v.strictObject({
  ...machineSchema.entries,
  extends: v.optional(v.picklist(machineIds(), `must be one of ${machineIds().join(', ')}`)),
});

/** Reads a site's own profile; the first error carries its path, all of them are listed as `path: message`. */
export const parseSiteProfile = (
  data: unknown,
):
  | { readonly ok: true; readonly value: SiteProfile }
  | ({ readonly ok: false; readonly errors: string[] } & ProfileError) => {
  const result = v.safeParse(siteSchema, data);
  if (result.success) return { ok: true, value: result.output };
  const errors = result.issues.map(complaint);
  const first = errors[0] ?? { path: [], message: 'not a machine profile' };
  return {
    ok: false,
    ...first,
    errors: errors.map(({ path, message }) => `${path.join('.') || 'profile'}: ${message}`),
  };
};
