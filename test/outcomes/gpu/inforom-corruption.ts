import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';
import { answering, printing, SMI_EXIT, SMI_XML } from '../../support/smi-text.ts';
import { firstGpus } from '../../support/xml-elements.ts';

const h100 = simulated();
const WARNING = 'WARNING: infoROM is corrupted at gpu 0000:52:00.0\n';

export default {
  pass: [h100, simulated('gb200-nvl72'), simulated('hgx-h100-8+lost@gpu2')],
  findings: {
    corrupted: [
      {
        on: h100.with({ [SMI_XML]: (xml) => xml + WARNING, [SMI_EXIT]: '14\n' }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /the InfoROM of GPU 2 is corrupted$/,
      },
      // The words count without the exit code, and wherever they are printed.
      { on: h100.with({ 'commands/nvidia-smi_-q_-x.err': WARNING }), about: ['gpu2'] },
      {
        on: h100.with({ [SMI_XML]: (xml) => `${xml}${WARNING}WARNING: infoROM is corrupted at gpu 0000:1B:00.0\n` }),
        about: ['gpu0', 'gpu2'],
      },
      // What the InfoROM does not say of its version is not told.
      {
        on: printing(h100, { 'inforom_version/img_version': 'N/A' }).with({
          [SMI_XML]: (xml) => xml + WARNING,
          [SMI_EXIT]: '14\n',
        }),
        about: ['gpu2'],
      },
      // The exit code alone tells of the only GPU there is.
      { on: h100.with({ [SMI_XML]: (xml) => firstGpus(xml, 1), [SMI_EXIT]: '14\n' }), about: ['gpu0'] },
    ],
  },
  skipped: h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
  unknown: [
    // Of eight, and none is named.
    h100.with({ [SMI_EXIT]: '14\n' }),
    // The warnings come after the document, which was cut off.
    h100.with({ [SMI_XML]: (xml) => xml.slice(0, -200) }),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
