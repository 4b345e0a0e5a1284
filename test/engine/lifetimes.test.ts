import { describe, expect, it } from 'vitest';
import { type Component, defineCheck, type Lifetime } from '../../src/api.ts';
import { createLifetimes, type Lifetimes } from '../../src/engine/lifetimes.ts';
import type { CheckResult, FindingRecord } from '../../src/engine/snapshot.ts';

const gpu: Component = { kind: 'gpu', key: 'gpu:0', index: 0 };
const MINUTE = 60_000;
/** Unix ms; the node booted a day before, unless a test says otherwise. */
const START = Date.parse('2026-03-01T12:00:00Z');
const BOOTED = START - 86_400_000;

const LIFETIMES: Readonly<Record<string, Lifetime>> = {
  warm: 'condition',
  xid: { clearedBy: 'reboot' },
  'xid-reset': { clearedBy: 'gpu-reset' },
  broken: { clearedBy: 'service' },
  rows: 'condition',
  lagging: 'condition',
};
const actionOf = (code: string) => ({
  drain: code === 'rows',
  then: code === 'rows' || code === 'broken' ? ('service' as const) : ('watch' as const),
});
const rule = (code: string) =>
  ({ title: code, severity: 'WARNING', action: actionOf(code), lifetime: LIFETIMES[code] ?? 'condition' }) as const;

const check = defineCheck({
  apiVersion: 1,
  id: 'gpu/test',
  title: 'Test',
  why: '',
  source: '',
  remedy: '',
  contexts: ['continuous'],
  requires: ['gpus'],
  raise: { hits: 2, of: 3, clear: 2, bootGraceSeconds: 300 },
  rules: {
    warm: rule('warm'),
    xid: rule('xid'),
    'xid-reset': rule('xid-reset'),
    broken: rule('broken'),
    rows: rule('rows'),
    lagging: { ...rule('lagging'), lapsesAfterSeconds: 900 },
  },
  judge: () => [],
});

interface Step {
  readonly findings?: readonly string[];
  readonly judged?: boolean;
  readonly unknown?: boolean;
  /** Unix ms of the reading; a new one each minute without it. */
  readonly sampledAt?: number;
  readonly eventAt?: number;
  readonly mode?: CheckResult['mode'];
  readonly severity?: FindingRecord['severity'];
}

const finding = (code: string, step: Step): FindingRecord => ({
  check: check.id,
  code,
  title: code,
  severity: step.severity ?? (code.startsWith('xid') ? 'CRITICAL' : 'WARNING'),
  component: gpu,
  related: [],
  message: code,
  evidence: {},
  action: actionOf(code),
  lifetime: LIFETIMES[code] ?? 'condition',
  ...(code === 'rows' ? { outlivesReboot: true as const } : {}),
  ...(code === 'lagging' ? { lapsesAfterSeconds: 900 } : {}),
  ...(step.eventAt === undefined ? {} : { at: step.eventAt }),
});

const result = (at: number, step: Step): CheckResult => {
  const besides = step.unknown ? 'UNKNOWN' : step.judged === false ? 'SKIPPED' : 'PASS';
  return {
    id: check.id,
    category: 'gpu',
    title: 'Test',
    severity: step.findings?.length ? 'WARNING' : besides,
    besides,
    mode: step.mode ?? 'enforce',
    ...(step.mode === 'off' ? { leftOut: true } : {}),
    findings: (step.findings ?? []).map((code) => finding(code, step)),
    unjudged: step.unknown ? [{ component: gpu, reason: 'timeout', detail: 'd', verdict: 'UNKNOWN' }] : [],
    judged: step.judged === false ? [] : [gpu],
    ranAt: at,
    factsAt: at,
    sampledAt: step.sampledAt ?? at,
    errors: 0,
  };
};

/** One evaluation a minute. */
const playOn = (lifetimes: Lifetimes, from: number, steps: readonly Step[], bootedAt = BOOTED): CheckResult[] =>
  steps.map((step, i) => {
    const now = from + i * MINUTE;
    return lifetimes.apply(check, result(now, step), { now, bootedAt });
  });
const play = (...steps: Step[]): CheckResult[] => playOn(createLifetimes(), START, steps);

const warm: Step = { findings: ['warm'] };
const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);
const said = (lifetimes: Lifetimes): string[] =>
  lifetimes.takeChanges().map(({ type, finding: { code }, reason }) => [type, code, reason].filter(Boolean).join(' '));

describe('a condition', () => {
  it('is raised by 2 of 3 and dropped after 2 passes in a row', () => {
    const severities = play(warm, {}, warm, {}, warm, {}, {}).map(({ severity }) => severity);
    expect(severities).toEqual(['PASS', 'PASS', 'WARNING', 'WARNING', 'WARNING', 'WARNING', 'PASS']);
  });

  it('is not raised by one reading that is judged twice', () => {
    const reading = { ...warm, sampledAt: START };
    expect(play(reading, reading, reading).at(-1)?.findings).toEqual([]);
    expect(play(reading, { ...warm, sampledAt: START + 1 }).at(-1)?.findings).toHaveLength(1);
  });

  it('is not cleared by one reading that is judged twice', () => {
    const passed = { sampledAt: START + 5 * MINUTE };
    expect(play(warm, warm, passed, passed, passed).at(-1)?.findings).toHaveLength(1);
  });

  it('stays while its component is not judged, or not judged in full', () => {
    const played = play(warm, warm, { judged: false }, ...times(3, { unknown: true }));
    expect(played.at(-1)?.findings).toHaveLength(1);
    expect(played.at(-1)?.severity).toBe('UNKNOWN');
  });

  it('keeps the time at which it was first seen, and knows when it was last seen', () => {
    expect(play(warm, warm, warm, {}).at(-1)?.findings[0]).toMatchObject({
      firstSeen: START,
      lastSeen: START + 2 * MINUTE,
    });
  });

  it('has a new beginning when it comes back', () => {
    expect(play(warm, warm, {}, {}, {}, warm, warm).at(-1)?.findings[0]).toMatchObject({
      firstSeen: START + 5 * MINUTE,
    });
  });

  it('tells what changed, once', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [warm, warm, warm, { ...warm, severity: 'CRITICAL' }, {}, {}]);
    expect(said(lifetimes)).toEqual([
      'finding_raised warm',
      'finding_changed warm',
      'finding_cleared warm it passed 2 times in a row',
    ]);
    expect(said(lifetimes)).toEqual([]);
  });

  it('goes with its check when that is turned off', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [warm, warm, { mode: 'off', judged: false }]);
    expect(said(lifetimes)).toEqual(['finding_raised warm', 'finding_cleared warm the check is turned off']);
  });
});

describe('a condition of something that ends', () => {
  const lagging: Step = { findings: ['lagging'] };
  const unseen: Step = { judged: false };

  it('is over a quarter of an hour after it was last seen, though nobody could judge it, and says so', () => {
    const lifetimes = createLifetimes();
    const played = playOn(lifetimes, START, [lagging, lagging, ...times(15, unseen)]);
    expect(played.at(-1)?.findings).toHaveLength(1);
    expect(playOn(lifetimes, START + 17 * MINUTE, [unseen])[0]?.findings).toEqual([]);
    expect(said(lifetimes)).toEqual([
      'finding_raised lagging',
      'finding_cleared lagging not seen for 15 min: nothing is left to judge it by',
    ]);
  });

  it('goes on while it is seen', () => {
    const played = play(lagging, lagging, ...times(10, unseen), lagging, ...times(15, unseen));
    expect(played.at(-1)?.findings).toHaveLength(1);
  });

  it('passes at once, as any other', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [lagging, lagging, {}, {}]);
    expect(said(lifetimes).at(-1)).toBe('finding_cleared lagging it passed 2 times in a row');
  });

  it('stands while its source fails: it may still be there', () => {
    const played = play(lagging, lagging, ...times(40, { judged: false, unknown: true }));
    expect(played.at(-1)?.findings).toHaveLength(1);
    const node: Component = { kind: 'node', key: 'node' };
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [lagging, lagging]);
    const now = START + 60 * MINUTE;
    const failing = result(now, { judged: false });
    const unjudged = [{ component: node, reason: 'timeout', detail: 'd', verdict: 'UNKNOWN' }] as const;
    const after = lifetimes.apply(check, { ...failing, unjudged }, { now, bootedAt: BOOTED });
    expect(after.findings).toHaveLength(1);
  });

  it('is not shown by a validation once it is over, also where the agent was away meanwhile', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [lagging, lagging]);
    const shownAt = (minutes: number) =>
      lifetimes.withRaised(result(START + minutes * MINUTE, unseen), START + minutes * MINUTE).findings.length;
    expect([shownAt(10), shownAt(17)]).toEqual([1, 0]);
  });

  it('leaves others as they are', () => {
    expect(play(warm, warm, ...times(60, unseen)).at(-1)?.findings).toHaveLength(1);
  });
});

describe('a condition that comes and goes', () => {
  /** Two minutes there, two minutes gone. */
  const flap = [warm, warm, {}, {}];

  it('is believed to be gone the first two times, and held from the third on', () => {
    const played = play(...flap, ...flap, ...flap);
    expect(played.map(({ findings }) => findings.length)).toEqual([0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1]);
    expect(played.at(-1)?.findings[0]?.evidence).toMatchObject({ flapping: true });
    expect(played.at(-1)?.findings[0]?.message).toContain('comes and goes');
  });

  it('is dropped once it was quiet for half an hour', () => {
    const played = play(...flap, ...flap, ...flap, ...times(40, {}));
    const goneAfter = played.findIndex(({ findings }, i) => i > 11 && findings.length === 0);
    // RFC 2439: 3000 less what decayed falls below 750 after nearly two half-lives of 15 minutes.
    expect(goneAfter).toBeGreaterThan(25);
    expect(goneAfter).toBeLessThan(45);
  });

  it('is not held for what it did hours ago', () => {
    const calm = times(120, {});
    expect(play(...flap, ...calm, ...flap, ...calm, ...flap).at(-1)?.findings).toEqual([]);
  });
});

describe('soon after boot', () => {
  it('a condition is UNKNOWN, not raised and not passed, and raised at once when the grace is over', () => {
    const lifetimes = createLifetimes();
    const played = playOn(lifetimes, START, times(7, warm), START - 30_000);
    expect(played.map(({ severity }) => severity)).toEqual([
      ...times(5, {}).map(() => 'UNKNOWN'),
      'WARNING',
      'WARNING',
    ]);
    expect(played[0]?.reason).toContain('booted just now');
  });

  it('an event is raised all the same', () => {
    const played = playOn(createLifetimes(), START, [{ findings: ['xid'], eventAt: START }], START - 30_000);
    expect(played[0]?.severity).toBe('CRITICAL');
  });

  it('what passes passes', () => {
    expect(playOn(createLifetimes(), START, [{}], START - 30_000)[0]?.severity).toBe('PASS');
  });
});

describe('an event', () => {
  it('is raised at once and goes when its check no longer reports it', () => {
    const played = play({ findings: ['xid'], eventAt: START }, {});
    expect(played[0]?.severity).toBe('CRITICAL');
    expect(played[1]?.findings).toEqual([]);
  });

  it('stays while the kernel log is not judged', () => {
    const played = play({ findings: ['xid'], eventAt: START }, { judged: false, unknown: true });
    expect(played[1]).toMatchObject({ severity: 'CRITICAL', findings: [{ code: 'xid' }] });
  });

  it('says by what it was cleared', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [{ findings: ['xid-reset'], eventAt: START }, {}]);
    expect(said(lifetimes)).toContain('finding_cleared xid-reset the GPU was reset');
  });
});

describe('an acknowledgement', () => {
  const mine = { now: START + 5 * MINUTE, owner: 'ops' };

  it('lays an event to rest', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [{ findings: ['broken'], eventAt: START }]);
    expect(lifetimes.acknowledge(() => true, mine).acknowledged).toHaveLength(1);
    expect(said(lifetimes)).toContain('finding_cleared broken acknowledged by ops');
    expect(playOn(lifetimes, START + MINUTE, [{}])[0]?.findings).toEqual([]);
  });

  it('does not end a condition that is there', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [warm, warm]);
    expect(lifetimes.acknowledge(() => true, mine)).toMatchObject({ acknowledged: [], stillThere: [{ code: 'warm' }] });
    expect(playOn(lifetimes, START + 5 * MINUTE, [warm])[0]?.findings).toHaveLength(1);
  });

  it('ends a condition of a part that is there no more', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [warm, warm, { judged: false }]);
    expect(lifetimes.acknowledge(() => true, mine)).toMatchObject({ acknowledged: [{ code: 'warm' }], stillThere: [] });
    expect(playOn(lifetimes, START + 5 * MINUTE, [{ judged: false }])[0]?.findings).toEqual([]);
  });

  it('touches nothing that was not meant', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [{ findings: ['broken', 'xid'], eventAt: START }]);
    lifetimes.acknowledge(({ code }) => code === 'broken', mine);
    const [after] = playOn(lifetimes, START + MINUTE, [{ findings: ['xid'], eventAt: START }]);
    expect(after?.findings.map(({ code }) => code)).toEqual(['xid']);
  });
});

describe('after a restart', () => {
  const restart = (lifetimes: Lifetimes, sameBoot: boolean): Lifetimes => {
    const next = createLifetimes();
    const saved = JSON.parse(JSON.stringify(lifetimes.save())) as ReturnType<Lifetimes['save']>;
    next.restore(saved, { sameBoot, now: START + 10 * MINUTE });
    return next;
  };
  const everything: Step = { findings: ['warm', 'xid', 'broken', 'rows'], eventAt: START };

  it('of the agent nothing is told again and nothing begins anew', () => {
    const before = createLifetimes();
    playOn(before, START, [everything, everything]);
    const after = restart(before, true);
    const [first] = playOn(after, START + 10 * MINUTE, [everything]);
    expect(first?.findings.map(({ code, firstSeen }) => [code, firstSeen])).toEqual(
      ['warm', 'xid', 'broken', 'rows'].map((code) => [code, START]),
    );
    expect(said(after)).toEqual([]);
  });

  it('of the agent a condition that was half raised is raised by the other half', () => {
    const before = createLifetimes();
    playOn(before, START, [warm]);
    expect(playOn(restart(before, true), START + 10 * MINUTE, [warm])[0]?.findings).toHaveLength(1);
  });

  it('of the node only what needs service is kept, and the rest is told to be over', () => {
    const before = createLifetimes();
    playOn(before, START, [everything, everything]);
    const after = restart(before, false);
    expect(said(after)).toEqual([
      'finding_cleared warm the node was rebooted',
      'finding_cleared xid the node was rebooted',
    ]);
    const [unjudged] = playOn(after, START + 10 * MINUTE, [{ judged: false, unknown: true }]);
    expect(unjudged?.findings.map(({ code }) => code)).toEqual(['broken', 'rows']);
    const judged = playOn(after, START + 11 * MINUTE, [{}, {}]);
    expect(judged.at(-1)?.findings).toEqual([]);
  });
});

describe('a GPU that the kernel names before nvidia-smi does', () => {
  it('is one and the same under both names', () => {
    const lifetimes = createLifetimes();
    const address = '00000000:3B:00.0';
    const named = (component: Component): CheckResult => {
      const one = result(START, { findings: ['xid'], eventAt: START });
      return { ...one, findings: one.findings.map((finding) => ({ ...finding, component })), judged: [component] };
    };
    const at = { now: START, bootedAt: BOOTED };
    lifetimes.apply(check, named({ kind: 'gpu', key: `gpu:${address}`, pciBusId: address }), at);
    lifetimes.apply(check, named({ kind: 'gpu', key: 'gpu:GPU-1', uuid: 'GPU-1', pciBusId: address }), at);
    expect(said(lifetimes)).toEqual(['finding_raised xid']);
  });
});

describe('a validation from the daemon', () => {
  it('shows what is raised besides the present state', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [warm, warm, {}]);
    const shown = lifetimes.withRaised(result(START + 3 * MINUTE, { findings: ['rows'] }), START + 3 * MINUTE);
    expect(shown.findings.map(({ code }) => code)).toEqual(['rows', 'warm']);
    expect(lifetimes.withRaised(result(START + 3 * MINUTE, {}), START + 3 * MINUTE)).toMatchObject({
      severity: 'WARNING',
    });
  });
});

describe('a step of the wall clock', () => {
  it('moves what is remembered: no damping begins or ends by it', () => {
    const lifetimes = createLifetimes();
    playOn(lifetimes, START, [warm, warm]);
    const hour = 60 * MINUTE;
    lifetimes.shift(hour);
    const [next] = playOn(lifetimes, START + hour + 2 * MINUTE, [warm], BOOTED + hour);
    expect(next?.findings[0]).toMatchObject({ firstSeen: START + hour });
  });
});
