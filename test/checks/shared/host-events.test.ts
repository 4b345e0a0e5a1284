import { describe, expect, it } from 'vitest';
import { judgeHostEvents, type Told } from '../../../checks/shared/host-events.ts';
import { drain, event, stay } from '../../../checks/shared/rules.ts';
import { absent, type Component, type KernelEvent, type KernelLog, known, type Reading } from '../../../src/api.ts';

const NODE: Component = { kind: 'node', key: 'node' };
const DRIVE: Component = { kind: 'node', key: 'node:nvme0', device: 'nvme0' };
const NOW = Date.UTC(2026, 8, 1, 12);
const BOOTED = NOW - 5 * 86_400_000;

const rules = {
  timeout: event('WARNING', 'Time-outs', stay('watch'), { clearedAfterSeconds: 3600 }),
  gone: event('CRITICAL', 'Gone', drain('service'), { clearedBy: 'reboot' }),
};
type Code = keyof typeof rules;

const said = (code: Code, o: Partial<KernelEvent> = {}): KernelEvent => ({
  at: NOW - 60_000,
  firstAt: o.at ?? NOW - 60_000,
  kind: 'nvme',
  fromKernel: true,
  component: DRIVE,
  repeats: 1,
  fields: { code },
  text: `nvme nvme0: ${code}`,
  ...o,
});

const logOf = (events: readonly KernelEvent[], o: Partial<KernelLog> = {}): Reading<KernelLog> =>
  known({ events, lost: 0, since: BOOTED, ...o });

const tell = ({ fields, component }: KernelEvent): Told<Code> | undefined =>
  fields.code === 'nothing'
    ? undefined
    : { code: fields.code as Code, what: `${component.device ?? 'the node'} ${fields.code}` };

const judge = (log: Reading<KernelLog>) =>
  judgeHostEvents<Code>({
    log,
    kinds: ['nvme'],
    codes: ['timeout', 'gone'],
    rules,
    tell,
    node: NODE,
    now: NOW,
    bootedAt: BOOTED,
  });
const findings = (log: Reading<KernelLog>) => judge(log).flatMap((one) => ('finding' in one ? [one.finding] : []));
const passes = (log: Reading<KernelLog>) =>
  judge(log).flatMap((one) => ('pass' in one ? [`${one.pass.key} ${one.code}`] : []));

describe('events of the host', () => {
  it('pass under each code where the kernel says nothing', () => {
    expect(judge(logOf([]))).toEqual([
      { pass: NODE, code: 'timeout' },
      { pass: NODE, code: 'gone' },
    ]);
  });

  it('are one finding a part and code, with their count, first and last time, and a bounded text', () => {
    const log = logOf([
      said('timeout', { at: NOW - 1000, firstAt: NOW - 90_000, repeats: 3, text: 'x'.repeat(500) }),
      said('timeout', { at: NOW - 5000, firstAt: NOW - 100_000, repeats: 2 }),
    ]);
    const [finding, ...more] = findings(log);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      component: DRIVE,
      code: 'timeout',
      message: 'nvme0 timeout, 5 times since 2026-09-01 11:58:20 UTC, last at 2026-09-01 11:59:59 UTC',
      observed: '5 in the kernel log',
      at: NOW - 1000,
      firstAt: NOW - 100_000,
      evidence: { count: 5, first_at: '2026-09-01T11:58:20.000Z', last_at: '2026-09-01T11:59:59.000Z' },
    });
    expect(String(finding?.evidence?.text)).toHaveLength(240);
    expect(passes(log)).toEqual(['node:nvme0 gone', 'node gone']);
  });

  it('that happened once are told with their one time', () => {
    expect(findings(logOf([said('gone')]))[0]?.message).toBe('nvme0 gone, at 2026-09-01 11:59:00 UTC');
  });

  it('are led by the gravest, whatever came last', () => {
    const log = logOf([
      said('timeout'),
      said('timeout', { at: NOW - 90_000, fields: { code: 'timeout', grave: 'yes' } }),
    ]);
    const graver = judgeHostEvents<Code>({
      log,
      kinds: ['nvme'],
      codes: ['timeout'],
      rules,
      tell: ({ fields }) => ({
        code: 'timeout',
        what: fields.grave ?? 'mild',
        ...(fields.grave === undefined ? {} : { override: { severity: 'CRITICAL' } }),
      }),
      node: NODE,
      now: NOW,
      bootedAt: BOOTED,
    });
    expect(graver[0]).toMatchObject({
      finding: { override: { severity: 'CRITICAL' }, message: expect.stringMatching(/^yes, 2 times/) },
    });
  });

  it('of different parts are findings of their own', () => {
    const log = logOf([said('gone'), said('gone', { component: NODE })]);
    expect(findings(log).map(({ component }) => component.key)).toEqual(['node:nvme0', 'node']);
    expect(passes(log)).toEqual(['node:nvme0 timeout', 'node timeout']);
  });

  it.each([
    ['an age that has passed', said('timeout', { at: NOW - 3_600_001, firstAt: NOW - 9e6 })],
    ['an earlier boot', said('gone', { at: BOOTED - 60_001, firstAt: BOOTED - 60_001 })],
    ['a check that makes nothing of them', said('timeout', { fields: { code: 'nothing' } })],
  ])('are over by %s, and their part passes', (_, one) => {
    expect(findings(logOf([one]))).toEqual([]);
    expect(passes(logOf([one]))).toEqual(['node:nvme0 timeout', 'node:nvme0 gone', 'node timeout', 'node gone']);
  });

  it.each([
    ['an age not passed yet', said('timeout', { at: NOW - 3_600_000 })],
    ['the slack of the boot time', said('gone', { at: BOOTED - 60_000, firstAt: BOOTED - 60_000 })],
  ])('stand with %s', (_, one) => {
    expect(findings(logOf([one]))).toHaveLength(1);
  });

  it('of users or of another kind raise nothing and name nobody', () => {
    const log = logOf([said('gone', { fromKernel: false }), said('gone', { kind: 'edac' })]);
    expect(passes(log)).toEqual(['node timeout', 'node gone']);
    expect(judge(log)).toHaveLength(2);
  });

  it('are open for an hour after records were lost, and what was found stands', () => {
    const recent = logOf([said('timeout')], { lost: 7, lostAt: NOW - 3_599_999 });
    expect(judge(recent).flatMap((one) => ('unjudged' in one ? [one] : []))).toMatchObject([
      { unjudged: NODE, code: 'timeout', because: { reason: 'failed' } },
      { unjudged: NODE, code: 'gone', because: { reason: 'failed' } },
    ]);
    expect(findings(recent)).toHaveLength(1);
    expect(passes(logOf([], { lost: 7, lostAt: NOW - 3_600_000 }))).toHaveLength(2);
  });

  it('are unjudged without a kernel log', () => {
    const because = absent('denied', '/dev/kmsg: EPERM');
    expect(judge(because)).toEqual([
      { unjudged: NODE, code: 'timeout', because },
      { unjudged: NODE, code: 'gone', because },
    ]);
  });
});
