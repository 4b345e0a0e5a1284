import { describe, expect, it } from 'vitest';
import unresponsive from '../../../checks/gpu/driver-unresponsive.ts';
import lost from '../../../checks/gpu/lost-gpus.ts';
import missing from '../../../checks/gpu/missing-gpus.ts';
import recovery from '../../../checks/gpu/recovery-action-pending.ts';
import { type AbsenceReason, absent, type Gpu, known } from '../../../src/api.ts';
import { answering, healthyFacts } from '../../support/healthy-facts.ts';
import { busIdOf, healthyGpu, healthyGpus, healthyPciGpu, healthyPciGpus, nodeRef } from '../../support/healthy-gpu.ts';
import type { GivenFacts } from '../../support/judge.ts';
import { assumed, genericProfile, profileOf } from '../../support/profile.ts';
import { saidOf } from '../../support/said.ts';

const noPci = absent('no-device', 'no NVIDIA device on the bus');
const refused = absent(
  'failed',
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver (exit code 9: the NVIDIA driver is not loaded)",
);
const unanswered = (reason: AbsenceReason, detail = 'no answer'): GivenFacts => {
  const why = absent(reason, detail);
  return { sources: [answering({ answered: why })], gpus: why };
};
const mismatch = {
  ref: nodeRef,
  version: known('580.105.08'),
  cudaVersion: known('13.0'),
  libraryMismatch: known(true),
  libraryVersion: known('580.159'),
  attachedGpus: absent('failed', 'refused'),
};

describe('gpu/driver-unresponsive', () => {
  const hung = ['node: CRITICAL hung, drain, reboot'];
  it.each<[string, GivenFacts, readonly string[], readonly string[]]>([
    ['passes an answer', {}, [], []],
    ['does not know after one missed deadline', unanswered('timeout'), [], ['node: * timeout expected']],
    ['does not know after one hang', unanswered('hung'), [], ['node: * hung expected']],
    [
      'waits below 120 s',
      {
        ...unanswered('hung'),
        sources: [answering({ answered: absent('hung', 'D'), hungSeconds: 119, hangsInARow: 2 })],
      },
      [],
      ['node: * hung expected'],
    ],
    [
      'finds a hang of 120 s',
      { ...unanswered('hung'), sources: [answering({ answered: absent('hung', 'D'), hungSeconds: 120 })] },
      hung,
      [],
    ],
    [
      'finds three hangs in a row',
      { ...unanswered('timeout'), sources: [answering({ answered: absent('timeout', 'slow'), hangsInARow: 3 })] },
      hung,
      [],
    ],
    [
      'finds a refusal',
      { sources: [answering({ answered: refused })], gpus: refused },
      ['node: CRITICAL driver-failed, drain, reboot'],
      [],
    ],
    [
      'finds a refusal that only the list shows',
      { gpus: refused },
      ['node: CRITICAL driver-failed, drain, reboot'],
      [],
    ],
    [
      'drains nothing for garbage of unknown origin',
      unanswered('failed', 'garbage'),
      ['node: CRITICAL driver-failed, stay, reboot'],
      [],
    ],
    [
      'blames no driver without a GPU on the bus',
      { ...unanswered('failed'), pciGpus: noPci },
      [],
      ['node: * failed expected'],
    ],
    ['finds a missing tool beside GPUs', unanswered('no-tool'), ['node: CRITICAL tool-missing, stay, service'], []],
    [
      'finds a missing tool on a machine that is configured to have GPUs',
      { ...unanswered('no-tool'), pciGpus: noPci, profile: profileOf({ configured: true }) },
      ['node: CRITICAL tool-missing, stay, service'],
      [],
    ],
    [
      'does not know where the tool is missing and no GPU is seen',
      { ...unanswered('no-tool'), pciGpus: noPci, profile: genericProfile() },
      [],
      ['node: * no-tool expected'],
    ],
    [
      'leaves "No devices were found" beside GPUs to missing-gpus',
      { gpus: absent('no-device', 'No devices were found') },
      [],
      [],
    ],
    [
      'passes no driver on a machine without GPUs',
      { gpus: absent('no-device', 'No devices were found'), pciGpus: noPci, profile: genericProfile() },
      [],
      ['node: * no-device'],
    ],
    [
      'leaves two versions at once to driver-mismatch',
      { ...unanswered('failed'), driver: mismatch },
      [],
      ['node: * failed expected'],
    ],
    ['does not know without permission', unanswered('denied'), [], ['node: * denied expected']],
    ['does not know when nobody asked', { sources: [] }, [], ['node: * not-recorded expected']],
    [
      'does not guess GPUs behind vfio',
      {
        ...unanswered('failed'),
        pciGpus: [healthyPciGpu(0, { boundDriver: known('vfio-pci') })],
        profile: genericProfile(),
      },
      [],
      ['node: * failed'],
    ],
  ])('%s', (_, over, findings, unjudged) => {
    const said = saidOf(unresponsive, healthyFacts(over));
    expect(said).toMatchObject({ findings, unjudged });
    expect(said.passes.length).toBe(findings.length + unjudged.length === 0 ? 1 : 0);
  });
});

describe('gpu/missing-gpus', () => {
  const without = (index: number) => healthyGpus(8).filter((_, i) => i !== index);
  const driver = healthyFacts().driver;
  const attached = (n: number): GivenFacts =>
    driver && !('ok' in driver) ? { driver: { ...driver, attachedGpus: known(n) } } : {};
  const no3 = 'gpu 3: CRITICAL not-in-driver, drain, reboot';
  it.each<[string, GivenFacts, readonly string[]]>([
    ['finds nothing on a whole machine', {}, []],
    ['finds the GPU that PCI lists and the driver does not', { gpus: without(3), ...attached(7) }, [no3]],
    [
      'finds it when no driver is bound',
      {
        gpus: without(3),
        ...attached(7),
        pciGpus: healthyPciGpus(8).map((gpu, i) =>
          i === 3 ? { ...gpu, boundDriver: absent('no-device', 'no DRIVER line') } : gpu,
        ),
      },
      [no3],
    ],
    [
      'leaves a GPU to the virtual machine that has it',
      {
        gpus: without(3),
        ...attached(7),
        pciGpus: healthyPciGpus(8).map((gpu, i) => (i === 3 ? { ...gpu, boundDriver: known('vfio-pci') } : gpu)),
      },
      [],
    ],
    [
      'finds all of them when the driver has none',
      {
        gpus: absent('no-device', 'No devices were found'),
        ...attached(0),
        pciGpus: healthyPciGpus(2),
        profile: genericProfile(),
      },
      ['gpu 0: CRITICAL not-in-driver, drain, reboot', 'gpu 1: CRITICAL not-in-driver, drain, reboot'],
    ],
    [
      'finds a count below the machine',
      { gpus: healthyGpus(7), ...attached(7), pciGpus: healthyPciGpus(7) },
      ['node: CRITICAL below-profile, drain, service'],
    ],
    [
      'counts without PCI',
      { gpus: healthyGpus(7), ...attached(7), pciGpus: absent('denied', 'no sysfs') },
      ['node: CRITICAL below-profile, drain, service'],
    ],
    [
      'only warns by an assumed count',
      {
        gpus: healthyGpus(7),
        ...attached(7),
        pciGpus: healthyPciGpus(7),
        profile: profileOf({ gpu: { count: assumed(8) } }),
      },
      ['node: WARNING below-profile, drain, service'],
    ],
    [
      'says what a container hides',
      { gpus: healthyGpus(1), ...attached(8), pciGpus: healthyPciGpus(1) },
      ['node: INFO unlisted, stay, none'],
    ],
    [
      'accuses no GPU that a container hides',
      { gpus: healthyGpus(1), ...attached(8) },
      ['node: INFO unlisted, stay, none'],
    ],
  ])('%s', (_, over, findings) => {
    expect(saidOf(missing, healthyFacts(over)).findings).toEqual(findings);
  });

  it('accuses no GPU when the list has members without an address', () => {
    const cut = healthyGpus(8).map((gpu, i) => {
      if (i < 6) return gpu;
      const { pciBusId: _, ...ref } = gpu.ref;
      return { ...gpu, ref };
    });
    const said = saidOf(missing, healthyFacts({ gpus: cut }));
    expect(said.findings).toEqual([]);
    expect(said.unjudged).toEqual(['gpu 6: not-in-driver failed', 'gpu 7: not-in-driver failed']);
  });

  it('names the address in the finding', () => {
    expect(saidOf(missing, healthyFacts({ gpus: without(3), ...attached(7) })).messages).toEqual([
      `The PCI bus shows a GPU at ${busIdOf(3)} (bound to nvidia), nvidia-smi does not`,
    ]);
  });

  it('judges only the count where no profile says it, and does not pass it', () => {
    const said = saidOf(missing, healthyFacts({ profile: genericProfile() }));
    expect(said.unjudged).toEqual(['node: below-profile unsupported']);
    expect(missing.rules['below-profile'].availability).toBeDefined();
  });

  it('passes no GPU while the driver does not answer', () => {
    const said = saidOf(missing, healthyFacts({ gpus: absent('hung', 'D state') }));
    expect(said.findings).toEqual([]);
    expect(said.passes).toEqual(['node: below-profile']);
    expect(said.unjudged).toContain('gpu 0: not-in-driver hung');
  });
});

describe('gpu/lost-gpus', () => {
  it.each<[string, Gpu['health'], readonly string[]]>([
    ['an answer', known('answering'), []],
    ['a lost GPU', known('lost'), ['gpu 0: CRITICAL lost, drain, reboot']],
    ['a GPU that needs a reset', known('requires-reset'), ['gpu 0: CRITICAL requires-reset, drain, reset_gpu']],
    ['a GPU with errors', known('unknown-error'), ['gpu 0: CRITICAL unknown-error, drain, reset_gpu']],
    ['an unreadable GPU', absent('failed', 'cut'), []],
  ])('%s', (_, health, findings) => {
    const said = saidOf(lost, { gpus: [healthyGpu(0, { health })] });
    expect(said.findings).toEqual(findings);
    if (!health.ok) expect(said.passes).toEqual([]);
  });
});

describe('gpu/recovery-action-pending', () => {
  const action = (
    recoveryAction: Gpu['recoveryAction'],
    resetRequired: Gpu['resetRequired'] = absent('unsupported', ''),
  ) => saidOf(recovery, { gpus: [healthyGpu(0, { recoveryAction, resetRequired })] });
  const reset = ['gpu 0: CRITICAL reset-required, drain, reset_gpu'];
  const reboot = ['gpu 0: CRITICAL reboot-required, drain, reboot'];
  it.each<[string, readonly string[]]>([
    ['None', []],
    ['Reset', reset],
    ['GPU Reset Required', reset],
    ['gpu reset', reset],
    ['Drain and Reset', reset],
    ['Drain P2P', ['gpu 0: WARNING drain-p2p, stay, restart_app']],
    ['Reboot', reboot],
    ['Node Reboot Required', reboot],
    ['System Reboot', reboot],
    ['Bus Reset', reboot],
    ['Recover IMEX Domain', ['gpu 0: CRITICAL other-action, drain, service']],
    ['Nonesuch', ['gpu 0: CRITICAL other-action, drain, service']],
  ])('%s', (text, findings) => {
    expect(action(known(text)).findings.map((line) => line)).toEqual(findings);
  });

  it('reads what drivers before 570 say', () => {
    const old = absent('unsupported', 'element not printed');
    expect(action(old, known(true)).findings).toEqual(reset);
    expect(action(old, known(false)).passes).toEqual(['gpu 0: reset-required']);
    expect(action(old).passes).toEqual([]);
  });

  it('lets an unreadable answer not be replaced by an older one', () => {
    expect(action(absent('denied', 'Insufficient Permissions'), known(false)).passes).toEqual([]);
  });
});
