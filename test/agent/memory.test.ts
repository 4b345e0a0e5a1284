import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgentMemory, fromFile, toFile } from '../../src/agent/memory.ts';
import type { HeldFinding } from '../../src/engine/held-finding.ts';
import { findingOf } from '../support/snapshot.ts';

const held: HeldFinding = {
  record: findingOf({ lapsesAfterSeconds: 900 }),
  firstSeen: 1,
  lastSeen: 2,
  recent: [true],
  passesInARow: 0,
  raised: true,
  flaps: { penalty: 0, at: 0, damped: false },
};
const gpu = { kind: 'gpu', key: 'gpu:GPU-1', uuid: 'GPU-1', pciBusId: '00000000:3B:00.0' } as const;

const memory: AgentMemory = {
  lastEventId: 7,
  engine: {
    bootId: 'b',
    findings: [held],
    suppressions: [{ check: 'gpu/*', owner: 'ops', reason: 'known', from: 1, until: 2 }],
    gpus: [gpu],
    counters: { 'gpus[gpu:a].errors': [[1000, 5]] },
    kernel: {
      events: [
        {
          at: 1,
          firstAt: 1,
          repeats: 1,
          kind: 'xid',
          fromKernel: true,
          component: gpu,
          fields: {},
          text: 'x',
          code: 79,
        },
      ],
      lost: 0,
      sequence: 17,
    },
    resetSigns: { 'GPU-1': { 'volatile ECC': { value: 1, at: 2 } } },
  },
};

/** What a file holds; each leaf may be damaged. */
const plain = (): Record<string, unknown> => JSON.parse(JSON.stringify(toFile(memory))) as Record<string, unknown>;

const leavesOf = (value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
    : [path];

const withValueAt = (path: readonly (string | number)[], value: unknown): unknown => {
  const whole = plain();
  let at: unknown = whole;
  for (const step of path.slice(0, -1)) at = (at as Record<string, unknown>)[step];
  (at as Record<string, unknown>)[path.at(-1) ?? ''] = value;
  return whole;
};

describe('the memory of an agent', () => {
  it('comes back as it was', () => {
    expect(fromFile(plain())).toEqual({ ok: true, value: memory });
  });

  it('is no memory where a condition would end at some word', () => {
    const path = ['engine', 'findings', '0', 'record', 'lapsesAfterSeconds'];
    expect(fromFile(withValueAt(path, 'soon')).ok).toBe(false);
  });

  it('is no memory in another version', () => {
    expect(fromFile(withValueAt(['schema_version'], 2))).toMatchObject({ ok: false });
    expect(fromFile(undefined)).toMatchObject({ ok: false });
  });

  it('is no memory where a part of it is of another kind', () => {
    const parts = [
      ['engine'],
      ['engine', 'kernel'],
      ['engine', 'findings', '0'],
      ['engine', 'findings', '0', 'record'],
      ['engine', 'counters', 'gpus[gpu:a].errors'],
      ['engine', 'kernel', 'events', '0'],
      ['engine', 'resetSigns', 'GPU-1'],
    ];
    for (const path of parts) for (const bad of [null, 1, 'x']) expect(fromFile(withValueAt(path, bad)).ok).toBe(false);
  });

  it('is either whole or none, whatever one of its leaves becomes', () => {
    const leaves = leavesOf(plain());
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.json(), (path, json) => {
        // As it comes out of a file: of -0 JSON knows nothing.
        const value: unknown = JSON.parse(json);
        const read = fromFile(withValueAt(path, value));
        if (read.ok) expect(JSON.parse(JSON.stringify(toFile(read.value)))).toEqual(withValueAt(path, value));
      }),
      { numRuns: 500 },
    );
  });
});
