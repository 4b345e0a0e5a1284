import { describe, expect, test } from 'vitest';
import { gpuIdentity } from '../../../src/parse/prometheus/gpu-identity.ts';
import { eachMinute } from '../../../src/parse/prometheus/minutes.ts';
import { nodeName } from '../../../src/parse/prometheus/node-name.ts';
import { oneLine } from '../../../src/parse/prometheus/one-line.ts';
import { oneOf, quoted } from '../../../src/parse/prometheus/promql.ts';

describe('the name of a node', () => {
  test.each([
    [{ node: 'rack1-7', instance: '10.0.0.7:9780' }, 'rack1-7'],
    [{ instance: 'gpu-001:9780' }, 'gpu-001'],
    [{ instance: 'gpu-001.cluster.local' }, 'gpu-001.cluster.local'],
    [{ instance: '[fe80::1]:9780' }, 'fe80::1'],
    [{ instance: 'fe80::1' }, 'fe80::1'],
    [{ node: '', instance: 'gpu-001:9780' }, 'gpu-001'],
    [{}, undefined],
  ])('%j is %s', (labels, name) => {
    expect(nodeName(labels)).toBe(name);
  });
});

describe('the GPU of a series', () => {
  test('an index that is none leaves the UUID, and neither leaves nothing', () => {
    expect(gpuIdentity({ instance: 'a:1', gpu: 'x', UUID: 'GPU-1' })).toEqual({
      target: 'a:1',
      node: 'a',
      uuid: 'GPU-1',
    });
    expect(gpuIdentity({ instance: 'a:1', gpu: '3', pci_bus_id: '00000000:1B:00.0' })).toEqual({
      target: 'a:1',
      node: 'a',
      index: 3,
      pciBusId: '00000000:1B:00.0',
    });
    expect(gpuIdentity({ instance: 'a:1', gpu: 'x' })).toBeUndefined();
    expect(gpuIdentity({ gpu: '0', UUID: 'GPU-1' })).toBeUndefined();
  });
});

describe('the minute of a sample', () => {
  /** `minute: value`, of three minutes. */
  const minutesOf = (seconds: readonly number[], values: readonly number[]): readonly string[] => {
    const put: string[] = [];
    eachMinute({ startMs: 600_000, count: 3 }, { labels: {}, seconds, values }, (minute, value) => {
      put.push(`${minute}: ${value}`);
    });
    return put;
  };

  test('is the nearest one; before the first and after the last there is none', () => {
    expect(minutesOf([569, 571, 600, 689, 720, 749, 751, 780], [1, 2, 3, 4, 5, 6, 7, 8])).toEqual([
      '0: 2',
      '0: 3',
      '1: 4',
      '2: 5',
      '2: 6',
    ]);
  });

  test('of what is no number is none', () => {
    expect(minutesOf([600, 660, 720], [Number.POSITIVE_INFINITY, Number.NaN, 0])).toEqual(['2: 0']);
  });
});

describe('what a server said', () => {
  test('is one line without what moves a terminal', () => {
    expect(oneLine(' a\r\n\tb\u001b[2J\u200bc ')).toBe('a b [2J c');
  });

  test('is cut after 160 characters', () => {
    expect(oneLine('x'.repeat(160))).toBe('x'.repeat(160));
    expect(oneLine('x'.repeat(161))).toBe(`${'x'.repeat(160)}…`);
  });
});

describe('PromQL', () => {
  test('quotes, backslashes and the syntax of expressions are text', () => {
    expect(quoted('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
    expect(oneOf('instance', ['a.b:1'])).toBe('instance="a.b:1"');
    expect(oneOf('instance', ['a.b:1', '[::1]:2'])).toBe('instance=~"a\\\\.b:1|\\\\[::1\\\\]:2"');
  });
});
