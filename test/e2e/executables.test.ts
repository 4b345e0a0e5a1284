import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { FindingReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { muster, PATH, processesNaming, type Ran, type Sandbox, sandboxes } from '../support/cli.ts';

const SCHEMA = JSON.parse(
  readFileSync(new URL('../../src/report/verdict.schema.json', import.meta.url), 'utf8'),
) as object;
const isVerdict = new Ajv2020({ strict: false, validateFormats: false }).compile(SCHEMA);

const sandbox = sandboxes();

/** For start-up on a busy machine; the tool that hangs would take a day. */
const SLACK_SECONDS = 10;

/** What is left of a simulation: its directory, its owner, its tools. */
const leftovers = ({ temporary }: Sandbox): readonly string[] => [
  ...readdirSync(temporary),
  ...processesNaming(temporary),
];

const validated = async (
  mock: string,
  args: readonly string[] = [],
): Promise<{ ran: Ran; verdict: VerdictReport; left: readonly string[] }> => {
  const place = sandbox();
  const ran = await muster(['validate', '--mock', mock, '-o', 'json', ...args], { ...place.env, PATH });
  return { ran, verdict: JSON.parse(ran.stdout) as VerdictReport, left: leftovers(place) };
};

const findingsOf = (verdict: VerdictReport, check: string): readonly FindingReport[] =>
  verdict.checks.find(({ id }) => id === check)?.findings ?? [];

const severityOf = (verdict: VerdictReport, check: string): string | undefined =>
  verdict.checks.find(({ id }) => id === check)?.severity;

interface Case {
  readonly fault: string;
  readonly exit: 0 | 1;
  readonly check: string;
  readonly severity: string;
  /** Where the component is not the whole node. */
  readonly at?: Partial<FindingReport['component']>;
  readonly args?: readonly string[];
}

const QUICK = ['--level', 'quick'] as const;

/** One fault for each tool and each way in which a tool can fail; the whole matrix runs in process. */
const CASES: readonly Case[] = [
  { fault: 'xid79@gpu3', exit: 1, check: 'gpu/xid-errors', severity: 'CRITICAL', at: { index: 3 }, args: QUICK },
  { fault: 'lost@gpu5', exit: 1, check: 'gpu/lost-gpus', severity: 'CRITICAL', at: { kind: 'gpu' }, args: QUICK },
  { fault: 'missing@gpu1', exit: 1, check: 'gpu/missing-gpus', severity: 'CRITICAL', at: { kind: 'gpu' }, args: QUICK },
  { fault: 'driver-mismatch', exit: 1, check: 'firmware/driver-mismatch', severity: 'CRITICAL', args: QUICK },
  {
    fault: 'ib-down@mlx5_3',
    exit: 1,
    check: 'network/link-down',
    severity: 'CRITICAL',
    at: { device: 'mlx5_3' },
    args: QUICK,
  },
  { fault: 'ib-flap@mlx5_2', exit: 0, check: 'network/link-flaps', severity: 'WARNING', at: { device: 'mlx5_2' } },
  { fault: 'ecc@gpu2', exit: 1, check: 'gpu/ecc-errors', severity: 'CRITICAL', at: { index: 2 } },
];

describe.concurrent('validate through the executables', () => {
  it('passes a healthy machine and says that it is simulated', async () => {
    const { ran, verdict, left } = await validated('hgx-h100-8');
    expect(isVerdict(verdict), JSON.stringify(isVerdict.errors)).toBe(true);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
    expect(verdict).toMatchObject({
      ready: true,
      overall_severity: 'PASS',
      node: { mock: true, profile: 'hgx-h100-8' },
    });
    const withoutPast = verdict.checks.filter(
      ({ severity, reason = '' }) => severity === 'SKIPPED' && /sample/.test(reason),
    );
    expect(withoutPast, 'two samples leave no rate unjudged').toEqual([]);
    expect(left).toEqual([]);
  });

  it.each(CASES)(
    '$fault ends with $exit and $severity in $check',
    async ({ fault, exit, check, severity, at = {}, args = [] }) => {
      const { ran, verdict, left } = await validated(`hgx-h100-8+${fault}`, args);
      expect(isVerdict(verdict), JSON.stringify(isVerdict.errors)).toBe(true);
      expect(ran).toMatchObject({ exitCode: exit, stderr: '' });
      expect(verdict.ready).toBe(exit === 0);
      expect(verdict.node.mock).toBe(true);
      expect(severityOf(verdict, check)).toBe(severity);
      expect(findingsOf(verdict, check).map(({ component }) => component)).toContainEqual(expect.objectContaining(at));
      expect(left).toEqual([]);
    },
  );

  it('does not wait for a driver that hangs, and leaves nothing of it behind', async () => {
    const { ran, verdict, left } = await validated('hgx-h100-8+hung-smi', ['--timeout', '3s']);
    expect(isVerdict(verdict), JSON.stringify(isVerdict.errors)).toBe(true);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(verdict).toMatchObject({ ready: false, overall_severity: 'UNKNOWN' });
    expect(severityOf(verdict, 'gpu/driver-unresponsive')).toBe('UNKNOWN');
    expect(verdict.checks.find(({ id }) => id === 'gpu/driver-unresponsive')?.reason).toMatch(/no answer in 3 s/);
    expect(ran.seconds).toBeLessThan(3 + SLACK_SECONDS);
    // The kernel log needs no driver: what it says counts all the same, however long the tools kept us.
    expect(severityOf(verdict, 'gpu/xid-errors')).toBe('PASS');
    expect(left).toEqual([]);
  });

  it('takes garbage and exit code 255 for a driver that does not answer', async () => {
    const { ran, verdict, left } = await validated('hgx-h100-8+broken-smi', QUICK);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(['UNKNOWN', 'CRITICAL']).toContain(severityOf(verdict, 'gpu/driver-unresponsive'));
    expect(severityOf(verdict, 'gpu/lost-gpus')).not.toBe('PASS');
    expect(left).toEqual([]);
  });
});

describe.concurrent('mock runs a command on a simulated machine', () => {
  const mock = (...args: readonly string[]): Promise<Ran & { left: readonly string[] }> => {
    const place = sandbox();
    return muster(['mock', ...args], { ...place.env, PATH }).then((ran) => ({ ...ran, left: leftovers(place) }));
  };

  it('with its tools first on PATH', async () => {
    const { exitCode, stdout, left } = await mock('hgx-h100-8', '--', 'nvidia-smi', '-L');
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(8);
    expect(stdout).toMatch(/^GPU 0: NVIDIA H100.* \(UUID: GPU-[0-9a-f-]{36}\)$/m);
    expect(left).toEqual([]);
  });

  it('and ends as the command ends', async () => {
    expect(await mock('hgx-h100-8', '--', '/bin/sh', '-c', 'exit 7')).toMatchObject({ exitCode: 7, left: [] });
    expect(await mock('hgx-h100-8', '--', '/bin/sh', '-c', 'kill -TERM $$')).toMatchObject({ exitCode: 143, left: [] });
  });

  it('and as a shell does where there is no such command', async () => {
    const { exitCode, stderr, left } = await mock('hgx-h100-8', '--', 'no-such-command');
    expect(exitCode).toBe(127);
    expect(stderr).toMatch(/^muster: no-such-command cannot be started \(ENOENT\); .+\n$/);
    expect(left).toEqual([]);
  });
});
