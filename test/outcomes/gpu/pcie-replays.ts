import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const counter = (value: (before: number) => string) => (xml: string) =>
  xml.replace(
    /<replay_counter>(\d+)<\/replay_counter>/,
    (_, before: string) => `<replay_counter>${value(Number(before))}</replay_counter>`,
  );

const replaying = (count: number): RawMachine =>
  simulated().with({ [XML]: counter((before) => `${before + count}`) }, { from: 1 });
const limited = (perMinute: number, machine: RawMachine): RawMachine =>
  machine.configured({
    checks: { 'gpu/pcie-replays': { mode: 'enforce', options: { pcie_replays_per_minute: perMinute } } },
  });

export default {
  // Lifetime counters of healthy GPUs are not zero.
  pass: [simulated(), simulated('gb200-nvl72'), simulated().with({ [XML]: counter(() => '104857') })],
  findings: {
    'replays-rising': [
      {
        on: replaying(300),
        about: ['gpu0'],
        severity: 'WARNING',
        saying: /repeats \d+ PCIe packets a minute/,
      },
      // A limit of the site counts in place of that of the link; what is seen counts as if it took a minute.
      { on: limited(3, replaying(3)), about: [] },
      { on: limited(2, replaying(3)), about: ['gpu0'], observed: '3/min', expected: 'at most 2/min' },
      { on: limited(1, replaying(2)), about: ['gpu0'], observed: '2/min', expected: 'at most 1/min' },
    ],
  },
  skipped: [
    simulated('hgx-h100-8', [0]),
    simulated().with({ [XML]: (xml) => xml.replace(/<replay_counter>\d+/g, '<replay_counter>N/A') }),
    // A generation of which nobody knows how fast it is.
    simulated().with({ [XML]: (xml) => xml.replace(/<(max\w*_link_gen)>\d+/g, '<$1>9') }),
  ],
  unknown: simulated('hgx-h100-8+lost@gpu2'),
} satisfies Outcomes;
