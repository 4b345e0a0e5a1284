import { describe, expect, test } from 'vitest';
import { gpuIdentity } from '../../../src/parse/prometheus/gpu-identity.ts';
import { nodeName } from '../../../src/parse/prometheus/node-name.ts';
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
    expect(gpuIdentity({ instance: 'a:1', gpu: 'x' })).toBeUndefined();
    expect(gpuIdentity({ gpu: '0', UUID: 'GPU-1' })).toBeUndefined();
  });
});

describe('PromQL', () => {
  test('quotes, backslashes and the syntax of expressions are text', () => {
    expect(quoted('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
    expect(oneOf('instance', ['a.b:1'])).toBe('instance="a.b:1"');
    expect(oneOf('instance', ['a.b:1', '[::1]:2'])).toBe('instance=~"a\\\\.b:1|\\\\[::1\\\\]:2"');
  });
});
