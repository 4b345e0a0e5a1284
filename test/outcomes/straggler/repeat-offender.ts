import type { Component, PastFinding } from '../../../src/api.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const DAY = 86_400_000;
const machine = simulated('hgx-h100-8', [0]);
const [now] = machine.moments.map(({ at }) => at);
const uuids = [...(machine.moments[0]?.tree.get('commands/nvidia-smi_-q_-x.out') ?? '').matchAll(/<uuid>([^<]+)</g)];

const gpu = (index: number): Component => {
  const uuid = uuids[index]?.[1] ?? '';
  return { kind: 'gpu', key: `gpu:${uuid}`, uuid, index };
};
const NODE: Component = { kind: 'node', key: 'node' };
const port = (device: string): Component => ({ kind: 'nic', key: `nic:${device}/1`, device, port: 1 });

const drained = (component: Component, daysAgo: number, over: Partial<PastFinding> = {}): PastFinding => {
  const from = (now ?? 0) - daysAgo * DAY;
  return {
    check: 'gpu/xid-errors',
    code: 'fatal',
    severity: 'CRITICAL',
    drain: true,
    component,
    from,
    to: from + 3_600_000,
    ...over,
  };
};
/** What no text of the machine tells: the store of the agent remembers it. */
const after = (...findings: readonly PastFinding[]): RawMachine =>
  machine.prepared((engine) => engine.offer('pastFindings', findings));
const xid = (daysAgo: number) => drained(gpu(2), daysAgo, { severity: 'WARNING', drain: false });
const verdict = (code: string, daysAgo: number) =>
  drained(gpu(2), daysAgo, { check: 'straggler/lagging-gpu', code, severity: 'WARNING', drain: false });

export default {
  pass: [
    after(),
    after(drained(gpu(2), 20), drained(gpu(2), 2)),
    // Four points, one below the limit; five of which one is a day too old.
    after(...[20, 15, 10, 5].map(xid)),
    after(drained(gpu(2), 29), drained(gpu(2), 11), drained(gpu(2), 2)),
    after(drained(gpu(2), 28), drained(gpu(2), 11), drained(gpu(2), 2)),
    // One incident that many checks saw within its day.
    after(...[0, 0.2, 0.4, 0.6, 0.8].map((later) => drained(gpu(2), 2 - later))),
    // The board before this one, notes, suspicions, and the agent's own state.
    after(...[20, 11, 2].map((days) => drained({ ...gpu(2), key: 'gpu:GPU-old', uuid: 'GPU-old' }, days))),
    after(...[20, 15, 11, 7, 2].map((days) => drained(gpu(2), days, { severity: 'INFO', drain: false }))),
    after(...[20, 15, 11, 7, 2].map((days) => verdict('suspect', days))),
    after(...[20, 11, 2].map((days) => drained(NODE, days, { check: 'host/agent-degraded' }))),
    // Different GPUs are different offenders.
    after(drained(gpu(1), 20), drained(gpu(2), 11), drained(gpu(3), 2)),
  ],
  findings: {
    'offends-again': [
      {
        on: after(drained(gpu(2), 20), drained(gpu(2), 11), drained(gpu(2), 2)),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /^GPU 2 failed 3 times in the last 28 days: 6 points, from 5 on it is a repeat offender$/,
      },
      { on: after(...[25, 20, 15, 10, 5].map(xid)), about: ['gpu2'], saying: /failed 5 times .*: 5 points/ },
      { on: after(verdict('confirmed', 9), verdict('likely', 3)), about: ['gpu2'], saying: /5 points/ },
      { on: after(drained(gpu(2), 27.9), drained(gpu(2), 11), drained(gpu(2), 2)), about: ['gpu2'] },
      // Notes between them are no failures of their own.
      {
        on: after(
          ...[20, 11, 2].map((days) => drained(gpu(2), days)),
          ...[15, 7].map((days) => drained(gpu(2), days, { severity: 'INFO', drain: false })),
        ),
        about: ['gpu2'],
        saying: /^GPU 2 failed 3 times/,
      },
      // Two incidents a day apart are two; what ports did is laid to the node.
      { on: after(drained(gpu(2), 4), drained(gpu(2), 3), drained(gpu(2), 2)), about: ['gpu2'] },
      {
        on: after(
          ...[20, 11].map((days) => drained(port('mlx5_1'), days, { check: 'network/link-down', code: 'down' })),
          drained(NODE, 2, { check: 'network/link-down', code: 'down' }),
        ),
        about: ['node'],
        saying: /^the node failed 3 times/i,
      },
      // What the configuration says.
      {
        on: after(drained(gpu(2), 3), drained(gpu(2), 1)).configured({
          checks: { 'straggler/repeat-offender': { mode: 'enforce', options: { score: 4, days: 7 } } },
        }),
        about: ['gpu2'],
        saying: /in the last 7 days: 4 points, from 4 on/,
      },
    ],
  },
  skipped: [
    // Nobody has watched this node.
    machine,
    after().failing({ 'commands/nvidia-smi_-q_-x': 'no-tool: nvidia-smi is not on PATH' }),
  ],
  unknown: [
    after().failing({ 'commands/nvidia-smi_-q_-x': 'timeout: no answer in 25 s' }),
    after().failing({ 'commands/nvidia-smi_-q_-x': 'failed: the driver is not loaded' }),
  ],
} satisfies Outcomes;
