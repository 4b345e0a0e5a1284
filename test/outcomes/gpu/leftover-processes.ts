import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { answering, printing, SMI_XML } from '../../support/smi-text.ts';

const h100 = simulated();
const process = (name: string, type = 'C', pid = '4711'): string =>
  `<process_info><gpu_instance_id>N/A</gpu_instance_id><compute_instance_id>N/A</compute_instance_id><pid>${pid}</pid><type>${type}</type><process_name>${name}</process_name><used_memory>500 MiB</used_memory></process_info>`;
/** On GPU 2. */
const running = (...processes: readonly string[]): RawMachine =>
  h100.with({
    [SMI_XML]: (xml) => {
      let gpu = -1;
      return xml.replace(/<processes>[^<]*<\/processes>/g, (empty) => {
        gpu += 1;
        return gpu === 2 ? `<processes>${processes.join('')}</processes>` : empty;
      });
    },
  });

export default {
  pass: [
    h100,
    // Services, whatever their path and arguments, and a display.
    running(process('/usr/bin/nvidia-cuda-mps-server'), process('nv-hostengine -f'), process('/usr/bin/dcgm-exporter')),
    running(process('/usr/lib/xorg/Xorg', 'G')),
    running(process('my-service')).configured({
      checks: { 'gpu/leftover-processes': { mode: 'enforce', options: { allowed_processes: ['my-service'] } } },
    }),
  ],
  findings: {
    leftover: [
      {
        on: running(process('/usr/bin/python3 train.py')),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /^GPU 2 is used by a compute process before the job starts: python3 \(pid 4711\)$/,
      },
      {
        on: running(process('a', 'C+G'), process('b', 'C', '12')),
        about: ['gpu2'],
        saying: /by 2 compute processes .+ a \(pid 4711\) and others$/,
      },
      { on: simulated('gb200-nvl72+busy'), about: ['gpu0', 'gpu1', 'gpu2', 'gpu3'] },
    ],
  },
  skipped: [
    h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
    running(process('python3')).in('continuous'),
  ],
  unknown: [
    running(process('python3', 'C', 'unknown')),
    printing(h100, { processes: 'Insufficient Permissions' }, { gpu: 2 }),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
