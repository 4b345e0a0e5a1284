import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';
import { answering, printing, SMI_XML } from '../../support/smi-text.ts';
import { firstGpus } from '../../support/xml-elements.ts';

const h100 = simulated();
const gb200 = simulated('gb200-nvl72');
const ALL = ['gpu0', 'gpu1', 'gpu2', 'gpu3'];
const HEALTH = 'fabric/health';
const says = (leaves: Readonly<Record<string, string>>, gpu: number | 'all' = 2, machine = gb200): RawMachine =>
  printing(machine, leaves, gpu === 'all' ? {} : { gpu });

/** So many minutes after boot. */
const booted = (minutes: number, machine: RawMachine): RawMachine => {
  const last = machine.moments.at(-1)?.at ?? 0;
  const at = Math.floor(last / 1000) - minutes * 60;
  return machine.with({ 'proc/stat': (text) => text.replace(/btime \d+/, `btime ${at}`) });
};
const JOINING = { 'fabric/state': 'In Progress', 'fabric/status': 'N/A' };

export default {
  pass: [
    h100,
    gb200,
    simulated('gb300-nvl72'),
    simulated('hgx-b200-8'),
    // Bad in no field that this machine has.
    says({ [`${HEALTH}/summary`]: 'N/A', [`${HEALTH}/bandwidth`]: 'N/A' }, 'all'),
  ],
  findings: {
    'not-joined': [
      {
        on: says(JOINING),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /^GPU 2 has not joined the NVLink fabric: state In Progress, status N\/A$/,
      },
      {
        on: says({ 'fabric/status': 'Insufficient Resources' }),
        about: ['gpu2'],
        saying: /Completed, status Insufficient Resources$/,
      },
      // A state that is not there on GB200 is a fault (leptonai/gpud pull request 1108).
      { on: says({ 'fabric/state': 'Not Started', 'fabric/status': 'N/A' }, 'all'), about: ALL },
      { on: says(JOINING, 'all', h100), about: [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `gpu${i}`) },
      { on: simulated('hgx-h100-8+fabric-degraded@gpu2'), about: ['gpu2'] },
      // Joining takes minutes after boot, and no longer.
      { on: booted(9, says(JOINING)), about: [] },
      { on: booted(10, says(JOINING)), about: ['gpu2'] },
      { on: booted(11, says(JOINING)), about: ['gpu2'] },
      { on: booted(9, says({ 'fabric/status': 'Insufficient Resources' })), about: ['gpu2'] },
    ],
    unhealthy: [
      {
        on: says({ [`${HEALTH}/summary`]: 'Unhealthy' }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /fabric of GPU 2 is Unhealthy$/,
      },
      { on: says({ [`${HEALTH}/summary`]: 'Limited Capacity' }), about: ['gpu2'] },
      { on: says({ [`${HEALTH}/summary`]: 'Unhealthy' }, 5, simulated('hgx-b200-8')), about: ['gpu5'] },
    ],
    'bandwidth-degraded': [
      {
        on: says({ [`${HEALTH}/bandwidth`]: 'Degraded' }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /gives GPU 2 Degraded bandwidth$/,
      },
    ],
    'route-recovery': [
      { on: says({ [`${HEALTH}/route_recovery_in_progress`]: 'True' }), about: ['gpu2'], severity: 'CRITICAL' },
    ],
    'route-unhealthy': [
      { on: says({ [`${HEALTH}/route_unhealthy`]: 'True' }), about: ['gpu2'], severity: 'CRITICAL' },
      { on: says({ [`${HEALTH}/route_unhealthy`]: 'No' }), about: [] },
    ],
    'access-timeout': [
      { on: says({ [`${HEALTH}/access_timeout_recovery`]: 'True' }), about: ['gpu2'], severity: 'CRITICAL' },
    ],
    misconfigured: [
      {
        on: printing(
          simulated('gb300-nvl72'),
          { [`${HEALTH}/incorrect_configuration`]: 'incompatible_gpu_fw' },
          { gpu: 2 },
        ),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /: incompatible_gpu_fw$/,
      },
    ],
    'no-domain': [
      {
        on: says({ 'fabric/cliqueId': '0' }),
        about: ['gpu2'],
        severity: 'CRITICAL',
        saying: /belongs to no NVLink domain: cluster .+, clique 0$/,
      },
      { on: says({ 'fabric/clusterUuid': '00000000-0000-0000-0000-000000000000' }, 'all'), about: ALL },
      // HGX has none, and needs none.
      { on: h100, about: [] },
    ],
    'domains-differ': [
      { on: says({ 'fabric/cliqueId': '7' }), about: ['node'], severity: 'CRITICAL', saying: /in 2 NVLink domains/ },
      // A GPU of no domain at all is told by itself.
      { on: says({ 'fabric/cliqueId': '0' }), about: [] },
      { on: says({ 'fabric/clusterUuid': '11111111-3d5e-4b97-9c10-72b8e4d0a6f3' }), about: ['node'] },
    ],
  },
  // HGX A100 prints nothing of the fabric, with a fabric manager at work.
  skipped: [
    simulated('hgx-a100-8'),
    // One GPU has nobody to be in another domain than.
    simulated('hgx-a100-8').with({ [SMI_XML]: (xml) => firstGpus(xml, 1) }),
    h100.without('commands/nvidia-smi_-q_-x.*', 'sys/bus/pci/devices/**'),
  ],
  unknown: [
    says({ 'fabric/state': 'N/A', 'fabric/status': 'N/A' }, 'all'),
    says({ 'fabric/state': 'N/A', 'fabric/status': 'N/A' }, 'all', h100),
    says({ [`${HEALTH}/summary`]: '[Unknown Error]' }),
    says({ 'fabric/cliqueId': 'N/A' }),
    booted(9, says(JOINING)),
    answering(h100, '-q -x', { stdout: 'garbage', exit: 255 }),
  ],
} satisfies Outcomes;
