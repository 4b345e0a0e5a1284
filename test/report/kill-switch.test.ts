import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/report/exit-codes.ts';
import { junitReport } from '../../src/report/junit.ts';
import { nagiosReport } from '../../src/report/nagios.ts';
import { npdReport } from '../../src/report/npd.ts';
import { prometheusReport } from '../../src/report/prometheus.ts';
import { textReport } from '../../src/report/text.ts';
import { verdictOf } from '../../src/report/verdict.ts';
import { nodePage } from '../../src/server/page.ts';
import { NOW } from '../support/healthy-gpu.ts';
import { failingSnapshot, snapshotOf } from '../support/snapshot.ts';
import { OPTIONS } from './options.ts';

const FILE = '/etc/muster/disabled';
const pulled = { ...OPTIONS, enforcement: { enabled: false, reason: 'driver rollout', file: FILE } } as const;
const failing = verdictOf(failingSnapshot(), pulled);
const SAID = `NOT ENFORCED, the kill switch ${FILE} is pulled: driver rollout`;

describe('a pulled kill switch', () => {
  it('lets nothing be held back, and changes nothing of what was judged', () => {
    const { ready, enforcement, ...rest } = failing;
    const { ready: before, enforcement: not, ...same } = verdictOf(failingSnapshot(), OPTIONS);
    expect({ ready, enforcement }).toEqual({ ready: true, enforcement: pulled.enforcement });
    expect({ before, not }).toEqual({ before: false, not: { enabled: true } });
    expect(rest).toEqual(same);
    expect((['validate', 'nagios', 'npd'] as const).map((protocol) => exitCodeOf(failing, protocol))).toEqual([
      0, 0, 0,
    ]);
  });

  it('is said first and last in the text, never READY', () => {
    const lines = textReport(failing, { columns: 200 }).trimEnd().split('\n');
    expect(lines[2]).toBe(`${SAID}.`);
    expect(lines.at(-1)).toMatch(/^NOT ENFORCED: CRITICAL \(2 critical, .*\), exit code 0$/);
    expect(textReport(verdictOf(snapshotOf(), pulled))).not.toMatch(/READY/);
  });

  it('is said by the other protocols, beside what was found', () => {
    expect(nagiosReport(failing)).toMatch(new RegExp(`^MUSTER ${SAID} - 2 critical, .*Xid 79.* \\| critical=2`));
    expect(nagiosReport(verdictOf(snapshotOf(), pulled))).not.toMatch(/\bOK\b/);
    expect(npdReport(failing)).toMatch(/^CRITICAL, NOT ENFORCED, the kill switch/);
    const junit = junitReport(failing);
    expect(junit).toContain(`<testsuites name="muster prejob, ${SAID}"`);
    expect(junit).toContain('failures="0" errors="0"');
    expect(junit).not.toMatch(/<(failure|error)/);
    expect(junit).toMatch(/<system-out>CRITICAL .*Xid 79/);
    expect(nodePage(failingSnapshot(), failing, NOW)).toMatch(/Not enforced: CRITICAL/);
  });

  it('is a series', async () => {
    expect(await prometheusReport(failingSnapshot(), failing)).toContain('muster_enforcement_enabled 0');
    const enforced = verdictOf(failingSnapshot(), OPTIONS);
    expect(await prometheusReport(failingSnapshot(), enforced)).toContain('muster_enforcement_enabled 1');
  });
});
