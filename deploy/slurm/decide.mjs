/**
 * Decides from what `muster validate -o json` printed whether the node must leave service. Pure, and it fails open:
 * whatever cannot be read for certain lets the job start.
 *
 * @typedef {{ drain: true, reason: string }} Drain
 * @typedef {{ drain: false, remark?: string }} Start  without a remark the node is ready
 */

/** A reason has one line in `sinfo -R` and `scontrol show node`; longer text only hides its beginning. */
const MAX_REASON_CHARACTERS = 180;

/** Printable ASCII without double quotes, which scontrol takes off the ends of a value. */
export const printable = (text) =>
  String(text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll('"', "'")
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();

const bounded = (text) =>
  text.length <= MAX_REASON_CHARACTERS ? text : `${text.slice(0, MAX_REASON_CHARACTERS - 3)}...`;

const isObject = (value) => typeof value === 'object' && value !== null;
const listOf = (value) => (Array.isArray(value) ? value.filter(isObject) : []);

/** A date that cannot be read counts as suppressed: somebody meant to. */
const isSuppressed = ({ suppressed_until: until }, now) => until !== undefined && !(Date.parse(until) <= now);

const isToDrainFor = (finding, now) =>
  finding.severity === 'CRITICAL' && finding.action?.drain === true && !isSuppressed(finding, now);

const parse = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** @returns {Drain | Start} */
export const decide = (text, { exitCode, now }) => {
  const start = (remark) => ({ drain: false, remark });
  if (exitCode !== 0 && exitCode !== 1) return start(`NOT CHECKED: muster validate ended with ${exitCode}`);
  const report = parse(text);
  if (!isObject(report) || report.tool?.name !== 'muster' || report.schema_version !== 1) {
    return start('NOT CHECKED: muster validate printed no verdict that this prolog can read');
  }
  if (report.node?.mock !== false) return start('NOT CHECKED: the verdict is of a simulated machine');
  if (report.enforcement?.enabled === false) {
    return start(`NOT ENFORCED, ${printable(report.overall_severity)}: ${printable(report.enforcement.reason)}`);
  }
  if (exitCode === 0 && report.ready === true) return { drain: false };

  const findings = listOf(report.checks)
    .filter(({ mode }) => mode === 'enforce')
    .flatMap((check) => listOf(check.findings))
    .filter((finding) => isToDrainFor(finding, now));
  const [first] = findings;
  if (exitCode !== 1 || report.ready !== false || first === undefined) {
    return start(`${printable(report.overall_severity)}, but nothing to drain the node for`);
  }
  const others = findings.length > 1 ? ` (+${findings.length - 1} more)` : '';
  return { drain: true, reason: bounded(printable(`muster: [node] ${first.check}${others}: ${first.message}`)) };
};
