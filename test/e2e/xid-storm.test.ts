import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FindingReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { muster, sandboxes } from '../support/cli.ts';
import { hgxXid, storm } from '../support/xid-lines.ts';

const sandbox = sandboxes();

const LOST = "79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.";
const UNCONTAINED = "95, pid='<unknown>', name=<unknown>, Uncontained: LTC TAG (0x2,0x0). RST: Yes, D-RST: No";

/** Other writers of the kernel's records than its ring: `dmesg --time-format iso` and `journalctl -o short-iso-precise`. */
const DIALECTS: Readonly<Record<string, (at: Date, text: string) => string>> = {
  dmesg: (at, text) => `${at.toISOString().replace('.', ',').replace('Z', '000+00:00')} ${text}`,
  journalctl: (at, text) => `${at.toISOString().replace('Z', '000+00:00')} node-1 kernel: ${text}`,
};

interface Judged {
  readonly exitCode: number | string;
  readonly verdict: VerdictReport;
  /** What is wrong with the machine by the kernel log, whatever its severity. */
  readonly found: readonly FindingReport[];
}

/** `muster validate` on a simulated machine whose kernel log is this. */
const judge = async (lines: readonly string[], dialect = 'dmesg'): Promise<Judged> => {
  const place = sandbox();
  const kmsg = join(place.dir, 'kmsg');
  const written = DIALECTS[dialect] ?? ((_, text) => text);
  const from = Date.now() - 60_000;
  writeFileSync(kmsg, lines.map((text, i) => `${written(new Date(from + i), text)}\n`).join(''));
  const ran = await muster(['validate', '--mock', 'hgx-h100-8', '-o', 'json'], { ...place.env, MUSTER_KMSG: kmsg });
  const verdict = JSON.parse(ran.stdout) as VerdictReport;
  const found = verdict.checks.flatMap(({ findings }) => findings);
  return { exitCode: ran.exitCode, verdict, found };
};

const criticalOf = ({ found }: Judged): readonly FindingReport[] =>
  found.filter(({ severity }) => severity === 'CRITICAL');

// For a machine that does much else besides; what hangs would hang for minutes.
describe('a storm of Xids, from the kernel log to the verdict', { timeout: 120_000 }, () => {
  it.each(Object.keys(DIALECTS))(
    'of a job that died, a thousand Xid 45 on eight GPUs, fails nothing (%s)',
    async (dialect) => {
      const judged = await judge(storm(1000), dialect);
      expect(criticalOf(judged)).toEqual([]);
      expect(judged.exitCode).toBe(0);
      const xids = judged.found.filter(({ check }) => check === 'gpu/xid-errors');
      expect(xids).toMatchObject([
        { severity: 'INFO', component: { kind: 'node' }, evidence: { xid: 45, count: 1000 } },
      ]);
      expect(xids[0]?.related).toHaveLength(8);
    },
  );

  it('with one Xid 79 has exactly one cause, which tells of the storm', async () => {
    const judged = await judge([...storm(500), hgxXid(3, LOST), ...storm(500)]);
    const xids = judged.found.filter(({ check }) => check === 'gpu/xid-errors');
    expect(xids).toHaveLength(1);
    expect(criticalOf(judged)).toEqual(xids);
    expect(judged.exitCode).toBe(1);
    expect(xids).toMatchObject([
      {
        code: 'fatal-xid',
        component: { index: 3 },
        evidence: { xid: 79, count: 1, same_incident: 'Xid 45 1000 times on 8 GPUs', same_incident_count: 1000 },
      },
    ]);
  });

  it('of one GPU, four thousand Xid 95, is one finding', async () => {
    const judged = await judge(Array.from({ length: 4000 }, () => hgxXid(5, UNCONTAINED)));
    expect(criticalOf(judged)).toMatchObject([{ component: { index: 5 }, evidence: { xid: 95, count: 4000 } }]);
  });
});
