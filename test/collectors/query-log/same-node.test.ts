import { expect, test } from 'vitest';
import { nodesOfNames } from '../../../src/collectors/query-log/same-node.ts';

const meaning = (names: readonly string[], nodes: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(nodesOfNames(names, nodes));

test.each([
  ['the same name', ['node-1'], ['node-1', 'node-2'], { 'node-1': 'node-1' }],
  ['a name with a domain', ['node-1.cluster.local'], ['node-1', 'node-2'], { 'node-1.cluster.local': 'node-1' }],
  ['a name without the domain', ['node-1'], ['node-1.cluster.local'], { 'node-1': 'node-1.cluster.local' }],
  ['a name of another domain', ['node-1.a.com'], ['node-1.b.com'], {}],
  ['a name that two nodes have', ['node-1'], ['node-1.a.com', 'node-1.b.com'], {}],
  ['two names of one node', ['node-1.a.com', 'node-1.b.com'], ['node-1'], {}],
  ['a name that begins alike', ['node-1'], ['node-10', 'node'], {}],
  ['an address', ['10.0.0.1'], ['10', '10.0.0.2'], {}],
])('%s', (_, names, nodes, expected) => {
  expect(meaning(names, nodes)).toEqual(expected);
});
