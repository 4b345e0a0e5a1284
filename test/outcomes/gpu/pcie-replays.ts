import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const counter = (value: (before: number) => string) => (xml: string) =>
  xml.replace(
    /<replay_counter>(\d+)<\/replay_counter>/,
    (_, before: string) => `<replay_counter>${value(Number(before))}</replay_counter>`,
  );

export default {
  // Lifetime counters of healthy GPUs are not zero.
  pass: [simulated(), simulated('gb200-nvl72'), simulated().with({ [XML]: counter(() => '104857') })],
  findings: {
    'replays-rising': {
      on: simulated().with({ [XML]: counter((before) => `${before + 300}`) }, { from: 1 }),
      about: ['gpu0'],
      severity: 'WARNING',
      saying: /repeats \d+ PCIe packets a minute/,
    },
  },
  skipped: [
    simulated('hgx-h100-8', [0]),
    simulated().with({ [XML]: (xml) => xml.replace(/<replay_counter>\d+/g, '<replay_counter>N/A') }),
  ],
  unknown: simulated('hgx-h100-8+lost@gpu2'),
} satisfies Outcomes;
