import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { muster, sandboxes } from '../support/cli.ts';

const RECORDINGS = resolve(import.meta.dirname, '../fixtures/recordings');
const XML = 'commands/nvidia-smi_-q_-x.out';
const SAMPLES = ['0', '1'];

const sandbox = sandboxes();

interface Judged {
  readonly exitCode: number | string;
  readonly verdict: VerdictReport;
}

const judge = async (recording: string, ...options: readonly string[]): Promise<Judged> => {
  const { exitCode, stdout, stderr } = await muster(
    ['validate', '--from', recording, '-o', 'json', ...options],
    sandbox().env,
  );
  expect(stderr).toBe('');
  return { exitCode, verdict: JSON.parse(stdout) };
};

const severityOf = ({ checks }: VerdictReport, id: string): string | undefined =>
  checks.find((check) => check.id === id)?.severity;

/** What these checks must say of a healthy GPU alone in a virtual machine; a later check may be no graver than INFO. */
const PASSES = [
  'gpu/driver-unresponsive',
  'gpu/missing-gpus',
  'gpu/lost-gpus',
  'gpu/xid-errors',
  'gpu/sxid-errors',
  'gpu/ecc-errors',
  'gpu/row-remaps',
  'gpu/inforom-corruption',
  'gpu/recovery-action-pending',
  'gpu/pcie-degraded',
  'gpu/pcie-replays',
  'gpu/persistence-mode-off',
  'firmware/driver-mismatch',
  'firmware/driver-drift',
  'thermal/hot-gpus',
  'thermal/hot-memory',
  'thermal/thermal-throttle',
  'thermal/power-brake',
  'thermal/power-cap-lowered',
  'straggler/at-risk',
];

const SKIPPED: Readonly<Record<string, RegExp>> = {
  'gpu/nvlink-down': /lists no link of it; NVLink may be turned off/,
  'gpu/nvlink-errors': /lists no link of it; NVLink may be turned off/,
  'gpu/fabric-unhealthy': /fabric\/state: N\/A/,
  'firmware/vbios-drift': /no two components/,
  'firmware/nic-firmware-drift': /\/sys\/class\/infiniband/,
  'network/missing-nics': /no machine profile/,
  'network/link-down': /\/sys\/class\/infiniband/,
  'network/link-rate': /\/sys\/class\/infiniband/,
  'network/link-errors': /\/sys\/class\/infiniband/,
};

describe('an H100 in a virtual machine, recorded after four jobs had faulted on it, driver 580.159', () => {
  it('is ready: what jobs did to themselves is one remark, and drains nothing', async () => {
    const { exitCode, verdict } = await judge(join(RECORDINGS, 'h100-vm-faulted'));
    expect({ exitCode, ready: verdict.ready, overall: verdict.overall_severity }).toEqual({
      exitCode: 0,
      ready: true,
      overall: 'INFO',
    });
    const findings = verdict.checks.find(({ id }) => id === 'gpu/xid-errors')?.findings ?? [];
    expect(findings.map(({ code, severity, action }) => ({ code, severity, drain: action.drain }))).toEqual([
      { code: 'application-xid', severity: 'INFO', drain: false },
    ]);
    expect(findings[0]?.evidence).toMatchObject({
      xid: 31,
      count: 2,
      pid: '875',
      process: 'python3',
      channel: '0000000a',
      same_incident: 'Xid 13 3 times, Xid 43 once',
    });
  });
});

describe('a healthy H200 in a virtual machine, recorded from driver 580.159', () => {
  it.each([
    ['idle', 'h200-vm'],
    ['at its power limit', 'h200-vm-busy'],
  ])('%s: ready, and nothing graver than a remark', async (_, name) => {
    const { exitCode, verdict } = await judge(join(RECORDINGS, name));

    expect({ exitCode, ready: verdict.ready, overall: verdict.overall_severity }).toEqual({
      exitCode: 0,
      ready: true,
      overall: 'INFO',
    });
    expect(verdict.node).toMatchObject({ profile: 'generic:NVIDIA H200', driver_version: '580.159.04', mock: false });
    const grave = verdict.checks.filter(({ severity }) => !['PASS', 'INFO', 'SKIPPED'].includes(severity));
    expect(grave).toEqual([]);
    expect(PASSES.filter((id) => severityOf(verdict, id) !== 'PASS')).toEqual([]);
    for (const [id, why] of Object.entries(SKIPPED)) {
      const check = verdict.checks.find((each) => each.id === id);
      expect(check, id).toMatchObject({ severity: 'SKIPPED', reason: expect.stringMatching(why) });
    }
  });

  it('idle: the only remark is that nothing is expected of one GPU in a machine without a profile', async () => {
    const { verdict } = await judge(join(RECORDINGS, 'h200-vm'));
    expect(verdict.checks.flatMap(({ findings }) => findings.map(({ code }) => code))).toEqual(['unknown-machine']);
  });

  it('busy: the process that works on the GPU is named', async () => {
    const { verdict } = await judge(join(RECORDINGS, 'h200-vm-busy'));
    const [finding] = verdict.checks.find(({ id }) => id === 'gpu/leftover-processes')?.findings ?? [];
    expect(finding).toMatchObject({ severity: 'INFO', component: { index: 0 }, action: { drain: false } });
    expect(finding?.message).toContain('python3 (pid 1219)');
  });

  it('as one of the eight GPUs of an HGX H200 it is not ready: seven are missing', async () => {
    const { exitCode, verdict } = await judge(join(RECORDINGS, 'h200-vm'), '--machine', 'hgx-h200-8');
    expect(exitCode).toBe(1);
    expect(severityOf(verdict, 'gpu/missing-gpus')).toBe('CRITICAL');
    expect(severityOf(verdict, 'gpu/fabric-unhealthy')).toBe('UNKNOWN');
    expect(severityOf(verdict, 'gpu/nvlink-down')).toBe('UNKNOWN');
  });
});

describe('one word of the real output changed turns the verdict', () => {
  it.each([
    ['<gpu_recovery_action>None<', '<gpu_recovery_action>GPU Reset Required<', 'gpu/recovery-action-pending'],
    ['<remapped_row_failure>No<', '<remapped_row_failure>Yes<', 'gpu/row-remaps'],
    ['<unrepairable_memory>No<', '<unrepairable_memory>Yes<', 'gpu/ecc-errors'],
    [
      '<clocks_event_reason_hw_power_brake_slowdown>Not',
      '<clocks_event_reason_hw_power_brake_slowdown>',
      'thermal/power-brake',
    ],
  ])('%s', async (healthy, faulty, check) => {
    const copy = join(sandbox().dir, 'recording');
    cpSync(join(RECORDINGS, 'h200-vm'), copy, { recursive: true });
    for (const sample of SAMPLES) {
      const file = join(copy, 'samples', sample, XML);
      const text = readFileSync(file, 'utf8');
      expect(text).toContain(healthy);
      writeFileSync(file, text.replace(healthy, faulty));
    }
    const { exitCode, verdict } = await judge(copy);
    expect({ exitCode, severity: severityOf(verdict, check) }).toEqual({ exitCode: 1, severity: 'CRITICAL' });
  });
});

describe('every number is the one that nvidia-smi printed', () => {
  // Read off the last sample by eye: 60 C, 52 C, a margin of 27 C, 674.17 W of 700.00 W, 1455 and 3201 MHz, 100 %,
  // 1011 MiB, 11672760 us at the power cap, generation 5, 16x.
  it.each([
    ['muster_gpu_temperature_celsius', 'sensor="core"', 60],
    ['muster_gpu_temperature_celsius', 'sensor="memory"', 52],
    ['muster_gpu_temperature_margin_celsius', '', 27],
    ['muster_gpu_power_watts', '', 674.17],
    ['muster_gpu_power_limit_watts', '', 700],
    ['muster_gpu_clock_hertz', 'domain="sm"', 1_455_000_000],
    ['muster_gpu_clock_hertz', 'domain="memory"', 3_201_000_000],
    ['muster_gpu_utilization_ratio', '', 1],
    ['muster_gpu_memory_used_bytes', '', 1011 * 2 ** 20],
    ['muster_gpu_throttle_seconds_total', 'reason="sw_power_cap"', 11.67276],
    ['muster_gpu_throttle_active', 'reason="sw_power_cap"', 1],
    ['muster_gpu_throttle_active', 'reason="idle"', 0],
    ['muster_gpu_pcie_replays_total', '', 0],
    ['muster_gpu_pcie_link_generation', '', 5],
    ['muster_gpu_pcie_link_width', '', 16],
  ])('%s{%s} is %d', async (name, label, value) => {
    const lines = (await metrics()).filter((line) => line.startsWith(`${name}{`) && line.includes(label));
    expect(lines.map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))).toEqual([value]);
    expect(lines[0]).toContain('gpu="0",UUID="GPU-12345678-9abc-def0-1234-56789abcdef0",pci_bus_id="00000000:00:06.0"');
  });
});

let exposition: Promise<readonly string[]> | undefined;

/** One run for all the numbers. */
const metrics = (): Promise<readonly string[]> => {
  exposition ??= muster(
    ['validate', '--from', join(RECORDINGS, 'h200-vm-busy'), '-o', 'prometheus'],
    sandbox().env,
  ).then(({ stdout }) => stdout.split('\n'));
  return exposition;
};
