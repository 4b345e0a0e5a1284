import { describe, expect, it } from 'vitest';
import sxids from '../../../checks/gpu/sxid-errors.ts';
import xids from '../../../checks/gpu/xid-errors.ts';
import { absent, type KernelEvent, type XidClass, type XidMeaning } from '../../../src/api.ts';
import { xidCatalogue, xidMeaning } from '../../../src/knowledge/xid/index.ts';
import { quietLog } from '../../support/healthy-facts.ts';
import { BOOTED_AT, gpuRef, healthyGpus, NOW, nodeRef } from '../../support/healthy-gpu.ts';
import type { GivenFacts, JudgeOptions } from '../../support/judge.ts';
import { saidOf } from '../../support/said.ts';

const MINUTE = 60_000;

const meaningOf = (kind: XidClass, over: Partial<XidMeaning> = {}): XidMeaning => ({
  code: 0,
  mnemonic: 'TEST',
  meaning: 'What it means.',
  class: kind,
  immediate: 'RESET_GPU',
  investigatory: 'CONTACT_SUPPORT',
  ...(
    {
      fatal: { severity: 'CRITICAL', action: { drain: true, then: 'reboot' }, lifetime: { clearedBy: 'reboot' } },
      reset: { severity: 'CRITICAL', action: { drain: true, then: 'reset_gpu' }, lifetime: { clearedBy: 'gpu-reset' } },
      hardware: { severity: 'WARNING', action: { drain: false, then: 'watch' }, lifetime: { clearedBy: 'gpu-reset' } },
      application: {
        severity: 'WARNING',
        action: { drain: false, then: 'restart_app' },
        lifetime: { clearedAfterSeconds: 7200 },
      },
      informational: {
        severity: 'INFO',
        action: { drain: false, then: 'none' },
        lifetime: { clearedAfterSeconds: 7200 },
      },
      unknown: {
        severity: 'WARNING',
        action: { drain: false, then: 'watch' },
        lifetime: { clearedAfterSeconds: 86_400 },
      },
    } as const
  )[kind],
  source: 'test',
  ...over,
});

const xid = (code: number, kind: XidClass, over: Partial<KernelEvent> = {}): KernelEvent => ({
  at: NOW - 30 * MINUTE,
  kind: 'xid',
  fromKernel: true,
  component: gpuRef(2),
  code,
  repeats: 1,
  firstAt: over.at ?? NOW - 30 * MINUTE,
  fields: {},
  text: `NVRM: Xid (PCI:0000:3b:00): ${code}, test`,
  meaning: meaningOf(kind, { code }),
  ...over,
});

const said = (events: readonly KernelEvent[], over: GivenFacts = {}, options: JudgeOptions = {}) =>
  saidOf(xids, { kernelLog: quietLog({ events }), gpus: healthyGpus(3), ...over }, options);

const recovery = (text: string) =>
  xid(154, 'reset', {
    text: `NVRM: Xid (PCI:0000:3b:00): 154, GPU recovery action changed from 0x0 (None) to ${text}`,
  });

describe('gpu/xid-errors', () => {
  it.each<[string, readonly KernelEvent[], readonly string[]]>([
    ['nothing in a quiet log', [], []],
    ['a fatal Xid', [xid(79, 'fatal')], ['gpu 2: CRITICAL fatal-xid, drain, reboot']],
    ['one that needs a reset', [xid(95, 'reset')], ['gpu 2: CRITICAL reset-xid, drain, reset_gpu']],
    ['one of the hardware', [xid(92, 'hardware')], ['gpu 2: WARNING hardware-xid, stay, watch']],
    ['one that is not in the catalogue', [xid(999, 'unknown')], ['gpu 2: WARNING unknown-xid, stay, watch']],
    [
      'one about which nothing was said',
      [(({ meaning: _, ...rest }) => rest)(xid(999, 'unknown'))],
      ['gpu 2: WARNING unknown-xid, stay, watch'],
    ],
    ['one for information', [xid(63, 'informational')], ['gpu 2: INFO informational-xid, stay, none']],
    [
      'a line that the GPU has fallen off the bus',
      [{ ...(({ meaning: _, code: __, ...rest }) => rest)(xid(79, 'fatal')), kind: 'fallen-off-bus' }],
      ['gpu 2: CRITICAL fatal-xid, drain, reboot'],
    ],
    [
      'an Xid that a user has written',
      [xid(79, 'fatal', { fromKernel: false })],
      ['gpu 2: INFO untrusted-xid, stay, none'],
    ],
    [
      '48 with 64',
      [xid(48, 'hardware'), xid(64, 'reset', { at: NOW - 29 * MINUTE })],
      ['gpu 2: CRITICAL reset-xid, drain, reset_gpu'],
    ],
    [
      '48 with 63 at another time',
      [xid(48, 'hardware'), xid(63, 'informational', { at: NOW - 10 * MINUTE })],
      ['gpu 2: WARNING hardware-xid, stay, watch', 'gpu 2: INFO informational-xid, stay, none'],
    ],
    ['a recovery by reset', [recovery('0x1 (GPU Reset Required)')], ['gpu 2: CRITICAL reset-xid, drain, reset_gpu']],
    ['a recovery by reboot', [recovery('0x2 (Node Reboot Required)')], ['gpu 2: CRITICAL fatal-xid, drain, reboot']],
    [
      'a recovery by field',
      [xid(154, 'informational', { fields: { recoveryAction: 'Drain and Reset' } })],
      ['gpu 2: CRITICAL reset-xid, drain, reset_gpu'],
    ],
    [
      'no recovery',
      [xid(154, 'informational', { fields: { recoveryAction: 'None' } })],
      ['gpu 2: INFO informational-xid, stay, none'],
    ],
    [
      'two of one class as one',
      [xid(94, 'reset'), xid(95, 'reset', { at: NOW - 20 * MINUTE })],
      ['gpu 2: CRITICAL reset-xid, drain, reset_gpu'],
    ],
  ])('finds %s', (_, events, findings) => {
    expect(said(events).findings).toEqual(findings);
  });

  it.each([13, 31, 43, 45])('never drains for Xid %i alone, whatever a catalogue says', (code) => {
    for (const kind of ['application', 'fatal', 'reset'] as const) {
      expect(said([xid(code, kind)]).findings).toEqual(['gpu 2: WARNING application-xid, stay, restart_app']);
    }
  });

  it('takes Xid 45 beside another fault as its consequence, and tells it with that', () => {
    const both = said([xid(45, 'application'), xid(79, 'fatal', { at: NOW - 31 * MINUTE })]);
    expect(both.findings).toEqual(['gpu 2: CRITICAL fatal-xid, drain, reboot']);
    expect(both.messages[0]).toContain('of the same incident: Xid 45 once');
    expect(said([xid(45, 'application', { causedBy: 149 })]).messages[0]).toContain('follows from Xid 149');
  });

  it('suspects the hardware where one GPU alone repeats an Xid of jobs', () => {
    const repeated = xid(13, 'application', { repeats: 3, firstAt: NOW - 50 * MINUTE });
    const suspect = 'gpu 2: WARNING suspect-hardware, stay, service';
    expect(said([repeated]).findings).toContain(suspect);
    expect(said([{ ...repeated, repeats: 2 }]).findings).not.toContain(suspect);
    // One crash prints a line for every unit that saw it.
    expect(said([{ ...repeated, repeats: 40, firstAt: repeated.at }]).findings).not.toContain(suspect);
    expect(said([repeated, xid(13, 'application', { component: gpuRef(0) })]).findings).not.toContain(suspect);
  });

  it('passes the GPUs without events, and the node only without any', () => {
    const one = said([xid(79, 'fatal')]);
    expect(one.passes).toContain('gpu 0: fatal-xid');
    expect(one.passes).toContain('gpu 2: reset-xid');
    expect(one.passes).not.toContain('gpu 2: fatal-xid');
    expect(one.passes).not.toContain('node: fatal-xid');
    expect(said([]).passes).toContain('node: fatal-xid');
  });

  it('gives the node no clean pass within an hour of lost records', () => {
    const lost = said([], { kernelLog: quietLog({ lost: 12, lostAt: NOW - 59 * MINUTE }) });
    expect(lost.passes.filter((line) => line.startsWith('node'))).toEqual([]);
    expect(lost.unjudged).toEqual(['node: * failed']);
    const longAgo = said([], { kernelLog: quietLog({ lost: 12, lostAt: NOW - 61 * MINUTE }) });
    expect(longAgo.passes).toContain('node: fatal-xid');
  });

  it('says that the log begins late, without holding back the pass', () => {
    const late = said([], { kernelLog: quietLog({ since: BOOTED_AT + 60 * MINUTE }) });
    expect(late.unjudged).toEqual(['node: log-gap not-recorded']);
    expect(xids.rules['log-gap'].availability).toBeDefined();
  });

  it('passes nothing on a machine without GPUs', () => {
    const none = said([], { gpus: absent('no-tool', 'nvidia-smi is not installed') });
    expect(none).toMatchObject({ passes: [], unjudged: ['node: * no-tool'] });
    expect(said([xid(79, 'fatal')], { gpus: absent('hung', 'D') }).findings).toHaveLength(1);
  });

  it('drops what this boot has cured, and keeps what needs service', () => {
    const before = { at: BOOTED_AT - 60 * MINUTE };
    expect(said([xid(79, 'fatal', before)]).findings).toEqual([]);
    expect(said([xid(79, 'fatal', before)], {}, { bootedAt: 0 }).findings).toHaveLength(1);
    const service = xid(64, 'hardware', {
      ...before,
      meaning: meaningOf('hardware', { lifetime: { clearedBy: 'service' } }),
    });
    expect(said([service]).findings).toHaveLength(1);
  });

  it('drops what a reset of the GPU has cured, and nothing that came after it', () => {
    const reset = { resetAt: NOW - 20 * MINUTE };
    expect(said([xid(95, 'reset', reset)]).findings).toEqual([]);
    expect(said([xid(95, 'reset', { ...reset, at: NOW - 10 * MINUTE })]).findings).toHaveLength(1);
    // A fatal one, and one that needs service, outlasts a reset and any age.
    const old = { ...reset, at: BOOTED_AT + MINUTE };
    const service = meaningOf('hardware', { lifetime: { clearedBy: 'service' } });
    expect(said([xid(79, 'fatal', old)]).findings).toHaveLength(1);
    expect(said([xid(64, 'hardware', { ...old, meaning: service })]).findings).toHaveLength(1);
  });

  it('judges by the lifetime that the finding has, not by that of the catalogue', () => {
    const reset = { resetAt: NOW - 20 * MINUTE };
    // 154 lasts as long as what the driver asks for.
    const reboot = { ...recovery('0x2 (Node Reboot Required)'), ...reset };
    expect(said([reboot]).findings).toEqual(['gpu 2: CRITICAL fatal-xid, drain, reboot']);
    expect(said([{ ...recovery('0x1 (GPU Reset Required)'), ...reset }]).findings).toEqual([]);
  });

  it('lets what came with a fault go with it, but for what the cure of the fault does not cure', () => {
    const cured = { resetAt: NOW - 20 * MINUTE };
    const sequel = xid(45, 'application', cured);
    expect(said([xid(95, 'reset', cured), sequel]).findings).toEqual([]);
    expect(said([xid(95, 'reset'), sequel]).findings).toEqual(['gpu 2: CRITICAL reset-xid, drain, reset_gpu']);
    const service = meaningOf('fatal', {
      action: { drain: true, then: 'service' },
      lifetime: { clearedBy: 'service' },
    });
    const pair = (over: Partial<KernelEvent>) => [
      xid(48, 'reset', over),
      xid(64, 'fatal', { ...over, meaning: service }),
    ];
    expect(said(pair({})).findings).toEqual(['gpu 2: CRITICAL fatal-xid, drain, service']);
    expect(said(pair({})).messages[0]).toContain('Xid 48, last at');
    expect(said(pair(cured)).findings).toEqual(['gpu 2: CRITICAL fatal-xid, drain, service']);
    expect(said(pair(cured)).messages[0]).toContain('Xid 64, last at');
    // Of a later job, after the cure.
    const again = { ...sequel, at: NOW - 24 * MINUTE, firstAt: NOW - 30 * MINUTE };
    expect(said([xid(95, 'reset', cured), again]).findings).toEqual([
      'gpu 2: WARNING application-xid, stay, restart_app',
    ]);
    expect(said([xid(95, 'reset', cured), { ...again, at: NOW - 25 * MINUTE }]).findings).toEqual([]);
    // What has aged is still told with what has not.
    const aged = xid(45, 'application', { at: NOW - 130 * MINUTE });
    const lasting = said([xid(95, 'reset', { at: NOW - 130 * MINUTE }), aged]);
    expect(lasting.messages[0]).toContain('of the same incident: Xid 45 once');
  });

  it('keeps the lighter of two when the graver is over', () => {
    const graver = xid(95, 'reset', { resetAt: NOW - 20 * MINUTE });
    const lighter = xid(46, 'reset', {
      at: NOW - 10 * MINUTE,
      meaning: meaningOf('reset', { code: 46, severity: 'WARNING' }),
    });
    const both = said([graver, lighter]);
    expect(both.findings).toEqual(['gpu 2: WARNING reset-xid, drain, reset_gpu']);
    expect(both.messages[0]).not.toContain('also Xid');
  });

  it('lets go of what has aged, also on a GPU that is gone', () => {
    const gone = { kind: 'gpu', key: 'gpu:gone', index: 9 } as const;
    const aged = said([xid(13, 'application', { component: gone, at: NOW - 121 * MINUTE })]);
    expect(aged.findings).toEqual([]);
    expect(aged.passes).toEqual(expect.arrayContaining(['gpu 9: application-xid', 'node: application-xid']));
  });

  it('never lets a fatal or a reset Xid of the catalogue go by age', () => {
    const ends = xidCatalogue.map(({ code }) => xidMeaning(code));
    const grave = ends.filter((one) => one.class === 'fatal' || one.class === 'reset');
    expect(grave.length).toBeGreaterThan(10);
    expect(grave.filter(({ lifetime }) => typeof lifetime !== 'object' || !('clearedBy' in lifetime))).toEqual([]);
  });

  it('tells what happened, when and what it means; what to do is told by its action', () => {
    const event = xid(79, 'fatal', { repeats: 4, text: 'x'.repeat(5000), fields: { pid: '4711', name: 'python' } });
    const [message] = said([event]).messages;
    expect(message).toBe('GPU 2 reported Xid 79 4 times, last at 2025-06-01 11:30:00 UTC: What it means');
    const [judgement] = said([event]).judgements;
    expect(judgement).toMatchObject({
      finding: {
        at: event.at,
        evidence: { xid: 79, count: 4, pid: '4711', process: 'python', nvidia_immediate: 'RESET_GPU' },
      },
    });
    expect(JSON.stringify(judgement).length).toBeLessThan(1500);
  });

  it('lives with times that are none', () => {
    expect(() => said([xid(79, 'fatal', { at: 1e300, firstAt: Number.NaN })])).not.toThrow();
  });
});

describe('gpu/sxid-errors', () => {
  const nvswitch = { kind: 'nvswitch', key: 'nvswitch:00000000:05:00.0', pciBusId: '00000000:05:00.0' } as const;
  const sxid = (code: number, kind: XidClass, over: Partial<KernelEvent> = {}) =>
    xid(code, kind, { kind: 'sxid', component: nvswitch, ...over });
  const of = (events: readonly KernelEvent[]) =>
    saidOf(sxids, { kernelLog: quietLog({ events }), gpus: healthyGpus(2) });
  it.each<[string, readonly KernelEvent[], readonly string[]]>([
    ['nothing in a quiet log', [], []],
    [
      'a fatal SXid on its NVSwitch',
      [sxid(20_034, 'fatal')],
      [`nvswitch ${nvswitch.key}: CRITICAL fatal-sxid, drain, reboot`],
    ],
    ['an unknown one', [sxid(99_999, 'unknown')], [`nvswitch ${nvswitch.key}: WARNING unknown-sxid, stay, watch`]],
    [
      'one that a user has written',
      [sxid(20_034, 'fatal', { fromKernel: false })],
      [`nvswitch ${nvswitch.key}: INFO untrusted-sxid, stay, none`],
    ],
    ['no Xid', [xid(79, 'fatal')], []],
  ])('finds %s', (_, events, findings) => {
    expect(of(events).findings).toEqual(findings);
  });

  it('is over after a reboot, and its switch passes again', () => {
    const before = of([sxid(20_034, 'fatal', { at: BOOTED_AT - 60 * MINUTE })]);
    expect(before.findings).toEqual([]);
    expect(before.passes).toContain(`nvswitch ${nvswitch.key}: fatal-sxid`);
  });

  it('passes the node without any', () => {
    expect(of([]).passes).toContain('node: fatal-sxid');
    expect(of([sxid(20_034, 'fatal')]).passes).not.toContain(`${nodeRef.key}: fatal-sxid`);
  });
});
