import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Component, KernelLog } from '../../src/api.ts';
import { createKernelHistory, outlasting } from '../../src/derive/kernel-history.ts';
import { createEventLog } from '../../src/parse/kernel-log/events.ts';

const BOOTED_AT = Date.UTC(2025, 0, 1);
const NOW = BOOTED_AT + 86_400_000;

const xid = (code: number, second: number, o: { gpu?: string; priority?: number; rest?: string } = {}): string =>
  `${o.priority ?? 4},${second},${second * 1_000_000},-;NVRM: Xid (PCI:0000:${o.gpu ?? '38'}:00): ${code}${o.rest ?? ''}`;
const gainOf = (lines: readonly string[], lost = 0): KernelLog => {
  const log = createEventLog();
  log.add(lines, { now: NOW, bootedAt: BOOTED_AT, lost });
  return log.take();
};
const at = (second: number): number => BOOTED_AT + second * 1000;

const UUID = 'gpu:GPU-1';
/** What the inventory knows: the GPU at 38 is GPU-1. */
const identify = (component: Component): Component =>
  component.pciBusId === '00000000:38:00.0' ? { ...component, key: UUID, uuid: 'GPU-1' } : component;
const historyOf = (...gains: readonly KernelLog[]) => {
  const history = createKernelHistory(identify);
  for (const gain of gains) history.add(gain, NOW);
  return history;
};
const codesOf = ({ events }: Pick<KernelLog, 'events'>): readonly (number | undefined)[] =>
  events.map(({ code }) => code);

describe('the history of the kernel log', () => {
  it('is the same however the log was read in pieces', () => {
    const line = fc
      .tuple(fc.constantFrom(13, 48, 79, 154), fc.integer({ min: 1, max: 500 }), fc.constantFrom('38', '9b'))
      .map(([code, second, gpu]) => xid(code, second, { gpu }));
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 6 }), { minLength: 1, maxLength: 6 }), (pieces) => {
        const bySum = ({ events, lost }: KernelLog) => ({
          lost,
          events: events
            .map(
              ({ code, component, repeats, firstAt, at: last }) =>
                `${component.key} ${code} ${repeats} ${firstAt} ${last}`,
            )
            .sort(),
        });
        const inPieces = historyOf(...pieces.map((piece) => gainOf(piece))).value();
        expect(bySum(inPieces)).toEqual(bySum(historyOf(gainOf(pieces.flat())).value()));
      }),
    );
  });

  it('tells whether anything is new, and is one object until then', () => {
    const history = historyOf(gainOf([xid(79, 10)]));
    const before = history.value();
    expect([history.add(gainOf([]), NOW), history.value() === before]).toEqual([false, true]);
    expect([history.add(gainOf([], 3), NOW), history.value().lost]).toEqual([true, 3]);
    expect(before.lost).toBe(0);
  });

  it('begins with the oldest record, and does not change for the number of the latest', () => {
    const history = historyOf(gainOf(['6,1,5000000,-;eth0: link up']));
    const before = history.value();
    expect([history.add(gainOf(['6,9,9000000,-;eth0: link down']), NOW), history.value()]).toEqual([false, before]);
    expect([before.since, history.export().sequence]).toEqual([at(5), 9]);
  });

  it('is bounded, leaves the kernel room beside what users write, and counts what it leaves out of what the kernel says', () => {
    const flood = (priority: number, from: number) =>
      Array.from({ length: 900 }, (_, i) => xid(from + i, i, { priority }));
    const history = historyOf(gainOf(flood(12, 0)), gainOf(flood(4, 0)), gainOf(flood(4, 900)));
    const { events, lost } = history.value();
    expect(events.filter(({ fromKernel }) => !fromKernel)).toHaveLength(100);
    expect([events.length, lost]).toEqual([1100, 800]);
    expect(JSON.stringify(history.export()).length).toBeLessThan(1_000_000);
  });
});

describe('boards that moved', () => {
  it('take their events along, exchanged ones too, and leave none behind where they are gone', () => {
    const history = historyOf(gainOf([xid(79, 10), xid(31, 20, { gpu: '9b' })]));
    const [a, b] = ['00000000:38:00.0', '00000000:9B:00.0'] as const;
    history.relocate(
      new Map([
        [a, b],
        [b, a],
      ]),
    );
    const where = () => history.value().events.map(({ code, component }) => [code, component.pciBusId, component.key]);
    expect(where()).toEqual([
      [79, b, `gpu:${b}`],
      [31, a, `gpu:${a}`],
    ]);
    history.relocate(new Map([[b, undefined]]));
    expect(where()).toEqual([[31, a, `gpu:${a}`]]);
  });
});

describe('an acknowledgement', () => {
  const lines = [
    xid(79, 10),
    xid(31, 20, { gpu: '9b' }),
    'nvidia-nvswitch3: SXid (PCI:0000:05:00.0): 20034, Fatal, Link 1',
  ];

  it.each<[string, Parameters<ReturnType<typeof historyOf>['acknowledge']>[0], readonly number[]]>([
    ['of everything', { at: NOW }, []],
    ['of one GPU by what the inventory calls it', { componentKey: UUID, at: NOW }, [31, 20_034]],
    ['of one GPU by what the kernel calls it', { componentKey: 'gpu:00000000:38:00.0', at: NOW }, [31, 20_034]],
    ['of kinds', { kinds: ['sxid'], at: NOW }, [79, 31]],
    ['until a time', { at: at(10) }, [31, 20_034]],
    ['of a GPU that said nothing', { componentKey: 'gpu:GPU-2', at: NOW }, [79, 31, 20_034]],
  ])('%s', (_, what, left) => {
    const history = historyOf(gainOf(lines));
    expect(history.acknowledge(what)).toBe(left.length < 3);
    expect(codesOf(history.value())).toEqual(left);
  });

  it('lets a later event begin anew', () => {
    const history = historyOf(gainOf([xid(79, 10), xid(79, 20)]));
    history.acknowledge({ at: NOW });
    history.add(gainOf([xid(79, 30)]), NOW);
    expect(history.value().events).toMatchObject([{ repeats: 1, firstAt: at(30), at: at(30) }]);
  });

  it('makes room again in what users may take', () => {
    const users = Array.from({ length: 100 }, (_, i) => xid(i, i, { priority: 12 }));
    const history = historyOf(gainOf(users));
    history.acknowledge({ at: NOW });
    history.add(gainOf(users), NOW);
    expect([history.value().events.length, history.value().lost]).toEqual([100, 0]);
  });
});

describe('a reset', () => {
  it('marks what its GPU had reported until then, and nothing else', () => {
    const history = historyOf(gainOf([xid(95, 10), xid(48, 50), xid(95, 10, { gpu: '9b' })]));
    expect(history.noteReset(UUID, at(30))).toBe(true);
    expect(history.value().events.map(({ resetAt }) => resetAt)).toEqual([at(30), undefined, undefined]);
    expect(history.noteReset('gpu:GPU-2', at(30))).toBe(false);
  });

  it('stays known when the event comes again, which is then younger', () => {
    const history = historyOf(gainOf([xid(95, 10)]));
    history.noteReset(UUID, at(30));
    history.add(gainOf([xid(95, 40)]), NOW);
    expect(history.value().events).toMatchObject([{ resetAt: at(30), at: at(40), repeats: 2 }]);
  });
});

it('moves with the wall clock', () => {
  const history = historyOf(gainOf([xid(95, 10), xid(95, 20)]));
  history.noteReset(UUID, at(30));
  history.shift(-5000);
  expect(history.value()).toMatchObject({ since: at(5), events: [{ firstAt: at(5), at: at(15), resetAt: at(25) }] });
});

describe('a history that outlives its process', () => {
  const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  it('goes on where it was', () => {
    const before = historyOf(gainOf([xid(79, 10), xid(31, 20)], 2));
    before.noteReset(UUID, at(15));
    const after = createKernelHistory(identify);
    after.restore(plain(before.export()));
    expect(after.value()).toEqual(before.value());
    after.add(gainOf([xid(79, 30)]), NOW);
    before.add(gainOf([xid(79, 30)]), NOW);
    expect(after.export()).toEqual(before.export());
  });

  it('takes what was read before it was restored', () => {
    const after = historyOf(gainOf([xid(79, 30)]));
    after.restore(plain(historyOf(gainOf([xid(79, 10)])).export()));
    expect(after.export()).toMatchObject({
      since: at(10),
      sequence: 30,
      events: [{ repeats: 2, firstAt: at(10), at: at(30) }],
    });
  });

  it('of another boot keeps what only a service cures, and no number', () => {
    const rows = xid(64, 20, { rest: ', Row Remapper: Error recording row (0x1) for remapping.' });
    const memory = '3,40,40000000,-;EDAC MC0: 1 UE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#1';
    const forged = memory.replace('3,40', '11,41');
    const kept = outlasting(historyOf(gainOf([xid(79, 10), rows, xid(31, 30), memory, forged], 4)).export());
    expect(kept).toMatchObject({ lost: 0 });
    expect(Object.keys(kept)).not.toContain('sequence');
    expect(kept.events.map(({ kind, code }) => code ?? kind)).toEqual([64, 'edac']);
  });
});
