import { describe, expect, it } from 'vitest';
import { faultApplies, findFault } from '../../src/mock/faults.ts';
import type { MachineSpec } from '../../src/mock/machine.ts';
import { builtInMachine, MACHINE_NAMES } from '../../src/mock/machines.ts';
import { normalizePciBusId } from '../../src/parse/pci-address.ts';
import type { FindingReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { judgeSpec } from '../support/judge-machine.ts';

interface Expectation {
  readonly fault: string;
  readonly check: string;
  readonly severity: 'INFO' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';
  readonly exit: 0 | 1;
  /** Checks that may fail too, since what they find follows from the fault. */
  readonly follows?: readonly string[];
  readonly onNode?: true;
}

/** What each fault must make of `validate`. */
const MATRIX: readonly Expectation[] = [
  { fault: 'xid79', check: 'gpu/xid-errors', severity: 'CRITICAL', exit: 1 },
  { fault: 'xid95', check: 'gpu/xid-errors', severity: 'CRITICAL', exit: 1 },
  { fault: 'xid48+xid64', check: 'gpu/xid-errors', severity: 'CRITICAL', exit: 1 },
  { fault: 'xid13', check: 'gpu/xid-errors', severity: 'INFO', exit: 0 },
  { fault: 'xid31', check: 'gpu/xid-errors', severity: 'INFO', exit: 0 },
  { fault: 'xid43', check: 'gpu/xid-errors', severity: 'INFO', exit: 0 },
  { fault: 'xid45', check: 'gpu/xid-errors', severity: 'INFO', exit: 0 },
  {
    fault: 'lost',
    check: 'gpu/lost-gpus',
    severity: 'CRITICAL',
    exit: 1,
    follows: ['gpu/', 'thermal/', 'firmware/', 'straggler/'],
  },
  { fault: 'missing', check: 'gpu/missing-gpus', severity: 'CRITICAL', exit: 1 },
  {
    fault: 'ecc',
    check: 'gpu/ecc-errors',
    severity: 'CRITICAL',
    exit: 1,
    follows: ['gpu/recovery-action-pending', 'gpu/xid-errors'],
  },
  { fault: 'remap-pending', check: 'gpu/row-remaps', severity: 'WARNING', exit: 0, follows: ['straggler/at-risk'] },
  { fault: 'remap-failed', check: 'gpu/row-remaps', severity: 'CRITICAL', exit: 1, follows: ['straggler/at-risk'] },
  { fault: 'fabric-degraded', check: 'gpu/fabric-unhealthy', severity: 'CRITICAL', exit: 1 },
  { fault: 'nvlink-down', check: 'gpu/nvlink-down', severity: 'CRITICAL', exit: 1, follows: ['straggler/at-risk'] },
  { fault: 'pcie-width', check: 'gpu/pcie-degraded', severity: 'CRITICAL', exit: 1, follows: ['straggler/at-risk'] },
  { fault: 'pcie-errors', check: 'gpu/pcie-errors', severity: 'WARNING', exit: 0 },
  { fault: 'pcie-fatal', check: 'gpu/pcie-errors', severity: 'CRITICAL', exit: 1 },
  { fault: 'mig-pending', check: 'gpu/mig-mismatch', severity: 'WARNING', exit: 0 },
  { fault: 'hot', check: 'thermal/hot-gpus', severity: 'WARNING', exit: 0, follows: ['thermal/'] },
  {
    fault: 'throttle',
    check: 'thermal/thermal-throttle',
    severity: 'WARNING',
    exit: 0,
    follows: ['straggler/at-risk', 'thermal/hot-gpus'],
  },
  { fault: 'power-brake', check: 'thermal/power-brake', severity: 'CRITICAL', exit: 1, follows: ['straggler/at-risk'] },
  {
    fault: 'power-cap',
    check: 'thermal/power-cap-lowered',
    severity: 'WARNING',
    exit: 0,
    follows: ['straggler/at-risk'],
  },
  { fault: 'hung-smi', check: 'gpu/driver-unresponsive', severity: 'UNKNOWN', exit: 1, onNode: true },
  { fault: 'broken-smi', check: 'gpu/driver-unresponsive', severity: 'CRITICAL', exit: 1, onNode: true },
  { fault: 'driver-mismatch', check: 'firmware/driver-mismatch', severity: 'CRITICAL', exit: 1, onNode: true },
  { fault: 'vbios-drift', check: 'firmware/vbios-drift', severity: 'WARNING', exit: 0 },
  { fault: 'ib-down', check: 'network/link-down', severity: 'CRITICAL', exit: 1, follows: ['network/'] },
  { fault: 'ib-rate', check: 'network/link-rate', severity: 'CRITICAL', exit: 1, follows: ['straggler/at-risk'] },
  { fault: 'ib-flap', check: 'network/link-flaps', severity: 'WARNING', exit: 0, follows: ['straggler/at-risk'] },
  { fault: 'ib-errors', check: 'network/link-errors', severity: 'WARNING', exit: 0, follows: ['straggler/at-risk'] },
  { fault: 'pkey-missing', check: 'network/pkey-mismatch', severity: 'WARNING', exit: 0 },
  { fault: 'roce-pausing', check: 'network/congestion', severity: 'WARNING', exit: 0 },
  { fault: 'roce-misconfigured', check: 'network/roce-misconfigured', severity: 'WARNING', exit: 0 },
  { fault: 'nic-pcie-width', check: 'network/nic-pcie-degraded', severity: 'CRITICAL', exit: 1 },
  { fault: 'nic-hot', check: 'thermal/hot-nics', severity: 'CRITICAL', exit: 1 },
  { fault: 'optics-hot', check: 'network/hot-optics', severity: 'WARNING', exit: 0 },
  { fault: 'nic-firmware-hung', check: 'network/nic-driver-errors', severity: 'CRITICAL', exit: 1 },
  { fault: 'host-pressure', check: 'straggler/at-risk', severity: 'WARNING', exit: 0, onNode: true },
  // A single look tells what the kernel said; that the task itself does not move takes minutes of watching.
  { fault: 'stuck-task', check: 'host/stuck-tasks', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'soft-lockup', check: 'host/kernel-faults', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'kernel-oops', check: 'host/kernel-faults', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'oom', check: 'host/oom-kills', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'nccl-crash', check: 'host/library-crashes', severity: 'INFO', exit: 0, onNode: true },
  { fault: 'low-memory', check: 'host/low-memory', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'cpus-offline', check: 'host/missing-cpus', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'powersave', check: 'host/cpu-governor', severity: 'INFO', exit: 0, onNode: true },
  { fault: 'clock-unsynchronised', check: 'host/clock-unsynchronised', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'slow-clocksource', check: 'host/clock-unsynchronised', severity: 'WARNING', exit: 0, onNode: true },
  { fault: 'threads-exhausted', check: 'host/table-exhaustion', severity: 'CRITICAL', exit: 1, onNode: true },
];

const machineNamed = (name: string): MachineSpec | undefined => {
  const found = builtInMachine(name);
  return found.ok ? found.value : undefined;
};

const isOfNic = (fault: string): boolean => findFault(fault)?.component === 'nic';

/** The third GPU, or the last of those that there are. */
const gpuOf = (machine: string): number => Math.min(2, (machineNamed(machine)?.gpus.length ?? 1) - 1);

const computeNics = (machine: string) => machineNamed(machine)?.nics.filter(({ role }) => role === 'compute') ?? [];

/** Without siblings nobody can say that these are wrong. */
const hasSiblingsFor = (machine: string, fault: string): boolean => {
  if (isOfNic(fault)) return computeNics(machine).length > 1;
  return !['pcie-width', 'vbios-drift'].includes(fault) || gpuOf(machine) > 0;
};

/** Nobody has said what to expect of them, or they do not run before a job. */
const WITHOUT_EXPECTATION = [
  'host/refused-plugins',
  'firmware/kernel-drift',
  'host/acs-enabled',
  'host/kernel-modules-missing',
  'host/missing-mounts',
];

/** What a card without NVLink in a slot far from any NIC has nothing to say of. */
const mostSkipped = (machine: string): number => ((machineNamed(machine)?.gpu.nvlink.links ?? 0) > 0 ? 1 : 11);

/** The component as `--mock` names it: a GPU by index, a NIC by device. */
const at = (machine: string, fault: string): string => {
  if (findFault(fault)?.component === 'node') return fault;
  if (!isOfNic(fault))
    return fault
      .split('+')
      .map((name) => `${name}@gpu${gpuOf(machine)}`)
      .join('+');
  return `${fault}@${computeNics(machine)[1]?.device}`;
};

/** A GPU that the driver does not list has no index: there its PCI address says which it is. */
const isAboutFault = (machine: string, fault: string, { component }: FindingReport): boolean => {
  if (isOfNic(fault)) return at(machine, fault).endsWith(`@${component.device}`);
  if (component.index !== undefined) return component.index === gpuOf(machine);
  const address = machineNamed(machine)?.gpus[gpuOf(machine)]?.pci;
  return address !== undefined && component.pci_bus_id === normalizePciBusId(address);
};

const failing = (verdict: VerdictReport): VerdictReport['checks'] =>
  verdict.checks.filter(({ severity }) => severity === 'WARNING' || severity === 'CRITICAL');

const cases = MACHINE_NAMES.flatMap((machine) =>
  MATRIX.filter(({ fault }) => {
    const spec = machineNamed(machine);
    return (
      spec !== undefined &&
      hasSiblingsFor(machine, fault) &&
      fault.split('+').every((name) => faultApplies(spec, name).ok)
    );
  }).map((expectation) => ({ machine, ...expectation })),
);

/** What only a process that watches for a time can judge. */
const OF_THE_AGENT = ['host/agent-degraded', 'straggler/lagging-gpu', 'straggler/repeat-offender'];

describe('each machine without a fault', () => {
  it.each(MACHINE_NAMES)('%s passes', async (machine) => {
    const verdict = await judgeSpec(machine);
    const unsettled = verdict.checks.filter(({ severity }) => !['PASS', 'SKIPPED'].includes(severity));
    expect(unsettled.map(({ id, severity, reason, findings }) => ({ id, severity, reason, findings }))).toEqual([]);
    expect(verdict).toMatchObject({ ready: true, overall_severity: 'PASS' });
    const skipped = verdict.checks.filter(
      ({ id, severity }) => severity === 'SKIPPED' && ![...OF_THE_AGENT, ...WITHOUT_EXPECTATION].includes(id),
    );
    expect(skipped.length, skipped.map(({ id, reason }) => `${id}: ${reason}`).join('\n')).toBeLessThanOrEqual(
      mostSkipped(machine),
    );
  });
});

describe('each fault gives its finding on its component, and nothing else', () => {
  it.each(cases)('$machine+$fault', async ({ machine, fault, check, severity, exit, follows = [], onNode }) => {
    const verdict = await judgeSpec(`${machine}+${at(machine, fault)}`);
    const result = verdict.checks.find(({ id }) => id === check);
    expect(result?.severity, JSON.stringify(result)).toBe(severity);
    expect(verdict.ready ? 0 : 1).toBe(exit);
    if (onNode === undefined) {
      const grave = (result?.findings ?? []).filter((finding) => finding.severity === severity);
      expect(grave.length).toBeGreaterThan(0);
      expect(grave.filter((finding) => !isAboutFault(machine, fault, finding))).toEqual([]);
      // A CRITICAL node must not take the next job; a WARNING alone never drains.
      if (severity === 'CRITICAL') expect(grave.some(({ action }) => action.drain)).toBe(true);
      else expect(grave.some(({ action }) => action.drain)).toBe(false);
    }
    const others = failing(verdict).filter(
      ({ id }) => id !== check && !follows.some((prefix) => id.startsWith(prefix)),
    );
    expect(
      others.map(({ id, severity: grade, findings }) => ({
        id,
        grade,
        findings: findings.map(({ message }) => message),
      })),
    ).toEqual([]);
  });
});
