import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { type FakeMuster, runProlog } from './support/prolog.ts';
import { check, finding, verdict } from './support/verdict.ts';

/** Prints the verdict and exits as `validate` does. */
const says = (report: VerdictReport): FakeMuster => ({
  stdout: JSON.stringify(report),
  exitCode: report.ready ? 0 : 1,
});

const broken = says(verdict([check([finding()])]));

describe('the Slurm prolog', () => {
  test('a ready node: the job starts, and nothing is said', () => {
    const { code, stderr, scontrol, muster } = runProlog(says(verdict([check([])])));
    expect({ code, stderr, scontrol }).toEqual({ code: 0, stderr: '', scontrol: [] });
    expect(muster).toEqual([['validate', '--level', 'quick', '--max-age', '60s', '--timeout', '4s', '-o', 'json']]);
  });

  test('CRITICAL with drain: exit 1, the reason set first and printed', () => {
    const { code, stderr, scontrol } = runProlog(broken);
    const reason = 'muster: [node] gpu/xid-errors: GPU 3: Xid 79, the GPU has fallen off the bus';
    expect(code).toBe(1);
    expect(scontrol).toEqual([['update', 'nodename=gpu-001', 'state=drain', `reason=${reason}`]]);
    expect(stderr).toBe(`muster prolog: ${reason}\n`);
  });

  const past = new Date(Date.now() - 60_000).toISOString();
  const future = new Date(Date.now() + 3_600_000).toISOString();

  test('a suppression that has ended does not protect', () => {
    expect(runProlog(says(verdict([check([finding({ suppressed_until: past })])]))).code).toBe(1);
  });

  test('several findings are counted in the reason', () => {
    const { scontrol } = runProlog(says(verdict([check([finding(), finding()])])));
    expect(scontrol[0]?.[3]).toMatch(/^reason=muster: \[node\] gpu\/xid-errors \(\+1 more\): GPU 3/);
  });

  test.each<[string, VerdictReport]>([
    ['CRITICAL without drain', verdict([check([finding({ action: { drain: false, then: 'watch' } })])])],
    ['WARNING with drain', verdict([check([finding({ severity: 'WARNING' })])], { ready: false })],
    ['UNKNOWN', verdict([check([], { severity: 'UNKNOWN' })])],
    ['a check that is only observed', verdict([check([finding()], { mode: 'observe' })])],
    ['a suppressed finding', verdict([check([finding({ suppressed_until: future })])])],
    ['a suppression that cannot be read', verdict([check([finding({ suppressed_until: 'tomorrow' })])])],
    [
      'a simulated machine',
      verdict([check([finding()])], { node: { name: 'n', profile: 'p', mock: true, boot_id: 'b' } }),
    ],
    ['a schema of the future', { ...verdict([check([finding()])]), schema_version: 2 } as unknown as VerdictReport],
  ])('%s: the job starts, with one line', (_, report) => {
    const { code, stderr, scontrol } = runProlog(says(report));
    expect({ code, scontrol }).toEqual({ code: 0, scontrol: [] });
    expect(stderr).toMatch(/^muster prolog: .+; the job starts\n$/);
  });

  test.each<[string, FakeMuster | 'missing', RegExp]>([
    ['exit 2', { exitCode: 2 }, /ended with 2/],
    ['exit 2 with a verdict that would drain', { ...broken, exitCode: 2 }, /ended with 2/],
    ['exit 0 with a verdict that would drain', { ...broken, exitCode: 0 }, /nothing to drain/],
    ['ended by a signal', { script: 'kill -KILL $$' }, /SIGKILL/],
    ['no output', { exitCode: 1 }, /no verdict/],
    ['garbage', { stdout: 'Segmentation fault\n', exitCode: 1 }, /no verdict/],
    ['half a verdict', { stdout: (broken.stdout ?? '').slice(0, 300), exitCode: 1 }, /no verdict/],
    ['null', { stdout: 'null', exitCode: 1 }, /no verdict/],
    [
      'checks of the wrong shape',
      {
        stdout: JSON.stringify({ ...verdict([]), ready: false, checks: [null, { mode: 'enforce', findings: 7 }, 3] }),
        exitCode: 1,
      },
      /nothing to drain/,
    ],
    ['missing', 'missing', /ENOENT/],
  ])('muster: %s: the job starts, with one line', (_, muster, why) => {
    const { code, stderr, scontrol } = runProlog(muster);
    expect({ code, scontrol }).toEqual({ code: 0, scontrol: [] });
    expect(stderr).toMatch(/^muster prolog: [^\n]+; the job starts\n$/);
    expect(stderr).toMatch(why);
  });

  test('muster hangs and ignores SIGTERM, with a grandchild on its output: the job starts', () => {
    const { code, stderr, scontrol } = runProlog({
      script: "trap '' TERM; setsid sleep 10 & while :; do sleep 1; done",
    });
    expect({ code, scontrol }).toEqual({ code: 0, scontrol: [] });
    expect(stderr).toMatch(/no answer in 5 s; the job starts\n$/);
  });

  test.each([
    ['Node is missing', { MUSTER_NODE_BINARY: '/nonexistent/node' }],
    ['the hook is missing', { MUSTER_PROLOG_HOOK: '/nonexistent/prolog.mjs' }],
    // Node ends with 1 on an exception, which must not be taken for the order to drain.
    ['Node fails', { MUSTER_NODE_BINARY: '/bin/false' }],
  ])('%s: the job starts', (_, env) => {
    const { code, stderr, scontrol } = runProlog(broken, env);
    expect({ code, scontrol }).toEqual({ code: 0, scontrol: [] });
    expect(stderr).toMatch(/NOT CHECKED/);
  });

  test('the kill switch: nothing is asked, the job starts', () => {
    const { code, stderr, scontrol, muster } = runProlog(broken, {}, { killSwitch: true });
    expect({ code, scontrol, muster }).toEqual({ code: 0, scontrol: [], muster: [] });
    expect(stderr).toMatch(/NOT CHECKED: .*disabled is there/);
  });

  test('a kill switch that only Muster sees: the job starts, with one line', () => {
    const enforcement = { enabled: false, reason: 'driver rollout', file: '/etc/muster/disabled' } as const;
    const report = verdict([check([finding()])], { ready: true, enforcement });
    const { code, stderr, scontrol } = runProlog(says(report));
    expect({ code, scontrol }).toEqual({ code: 0, scontrol: [] });
    expect(stderr).toBe('muster prolog: NOT ENFORCED, CRITICAL: driver rollout; the job starts\n');
  });

  test('a dry run says what it would do, and does not', () => {
    const { code, stderr, scontrol } = runProlog(broken, { MUSTER_PROLOG_DRY_RUN: '1' });
    expect({ code, scontrol }).toEqual({ code: 0, scontrol: [] });
    expect(stderr).toMatch(/DRY RUN, would drain: muster: \[node\] gpu\/xid-errors: GPU 3/);
  });

  test.each([
    ['fails', 'exit 1'],
    ['hangs', "trap '' TERM; while :; do sleep 1; done"],
  ])('scontrol %s: the node leaves service all the same', (_, scontrolScript) => {
    const { code, scontrol } = runProlog(broken, {}, { scontrolScript });
    expect(code).toBe(1);
    expect(scontrol).toHaveLength(1);
  });

  test('a message full of shell reaches scontrol as one harmless argument', () => {
    const message =
      'a "b" \'c\' $(touch pwned) `touch pwned`; touch pwned\n-reason=x %s%n \u001b[31m é \u0000 state=resume';
    const { code, stderr, scontrol, folder } = runProlog(says(verdict([check([finding({ message })])])));
    expect(code).toBe(1);
    expect(scontrol).toHaveLength(1);
    expect(scontrol[0]?.slice(0, 3)).toEqual(['update', 'nodename=gpu-001', 'state=drain']);
    expect(scontrol[0]?.[3]).toMatch(/^reason=muster: \[node\] gpu\/xid-errors: a 'b' 'c' \$\(touch pwned\)/);
    expect(scontrol[0]?.[3]).toMatch(/^[\x20-\x7e]+$/);
    expect(stderr.trimEnd()).toMatch(/^[\x20-\x7e]+$/);
    expect(existsSync(join(folder, 'pwned'))).toBe(false);
  });

  test('a reason stays short', () => {
    const { scontrol } = runProlog(says(verdict([check([finding({ message: 'x'.repeat(5000) })])])));
    expect(scontrol[0]?.[3]?.length).toBe('reason='.length + 180);
  });

  test.each(['', 'ALL', 'gpu-[001-512]', 'gpu-001,gpu-002', 'gpu-001 state=down'])(
    'a node name that is not one plain name (%j) drains nobody by name',
    (SLURMD_NODENAME) => {
      const { code, scontrol } = runProlog(broken, { SLURMD_NODENAME });
      expect({ code, scontrol }).toEqual({ code: 1, scontrol: [] });
    },
  );
});
