import { editNth } from '../../support/edit-nth.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const GSP = /<gsp_firmware_version>[^<]*/g;
const gsp = (version: string, ...gpus: readonly number[]) => ({
  [XML]: editNth(GSP, `<gsp_firmware_version>${version}`, ...gpus),
});
const ALL = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => `gpu${index}`);

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    simulated().configured({ pins: { driver: ['580.105.08'] } }),
    // An upgrade rolls through the fleet: both versions are allowed.
    simulated().configured({ pins: { driver: ['590.48.01', '580.105.08'] } }),
  ],
  findings: {
    'gsp-differs-from-siblings': [
      {
        on: simulated().with(gsp('570.124.06', 3)),
        about: ['gpu3'],
        severity: 'WARNING',
        saying: 'GPU 3 has GSP firmware 570.124.06; 7 of 8 of its model have 580.105.08',
      },
      { on: simulated().with(gsp('570.124.06', 0, 1, 2)), about: ['gpu0', 'gpu1', 'gpu2'], severity: 'WARNING' },
      // Four and four: nobody can say which are wrong.
      {
        on: simulated().with(gsp('570.124.06', 0, 1, 2, 3)),
        about: ['node'],
        severity: 'WARNING',
        saying: 'GSP firmware differs among 8 components of one model, with no majority: 570.124.06, 580.105.08',
      },
    ],
    'gsp-differs-from-driver': [
      {
        on: simulated().with(gsp('570.124.06')),
        about: ALL,
        severity: 'WARNING',
        saying: /GPU \d runs GSP firmware 570\.124\.06 under driver 580\.105\.08/,
      },
      // Of the same branch: worth knowing, no more.
      { on: simulated().with(gsp('580.65.06')), about: ALL, severity: 'INFO' },
    ],
    'driver-differs-from-pin': [
      {
        on: simulated().configured({ pins: { driver: ['590.48.01'] } }),
        about: ['node'],
        severity: 'WARNING',
        saying: 'the node has driver 580.105.08; the configuration pins 590.48.01',
      },
      {
        on: simulated().configured({ pins: { driver: ['590.48.01', '570.124.06'] } }),
        about: ['node'],
        saying: 'the configuration pins 590.48.01 or 570.124.06',
      },
    ],
  },
  // GPUs before Turing run no GSP firmware, and nothing is pinned.
  skipped: simulated().with(gsp('N/A')),
  unknown: [
    simulated().with(gsp('GPU is lost', 2)),
    simulated('hgx-h100-8+hung-smi'),
    // One of eight does not say: its siblings do.
    simulated().with(gsp('N/A', 5)),
    // A pin that nothing can be held against.
    simulated()
      .with({
        [XML]: (xml) =>
          xml.replace(/<driver_version>[^<]*/, '<driver_version>N/A').replace(/<kmd_version>[^<]*/, '<kmd_version>N/A'),
      })
      .configured({ pins: { driver: ['580.105.08'] } }),
  ],
} satisfies Outcomes;
