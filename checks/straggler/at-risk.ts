import { defineCheck, type Judgement } from '../../src/api.ts';
import { hostPressureRisk } from '../shared/risks/host-pressure.ts';
import { nvlinkRisks } from '../shared/risks/nvlink.ts';
import { pcieRisk } from '../shared/risks/pcie.ts';
import { portRisks } from '../shared/risks/ports.ts';
import { railRisks } from '../shared/risks/rails.ts';
import { remappedRowsRisk } from '../shared/risks/remapped-rows.ts';
import { applicationClocksRisk, maximumClockRisk, powerLimitRisk } from '../shared/risks/settings.ts';
import { condition, stay } from '../shared/rules.ts';
import { siblingsOf } from '../shared/siblings.ts';
import { throttledMoreThanPeers } from '../shared/throttle-peers.ts';

type Code =
  | 'power-limit-lowered'
  | 'clocks-locked'
  | 'max-clock-lower'
  | 'pcie-degraded'
  | 'nvlinks-fewer'
  | 'nvlink-slower'
  | 'port-slower'
  | 'port-errors'
  | 'wrong-rail'
  | 'remapped-rows'
  | 'thermal-throttle'
  | 'sw-thermal-throttle'
  | 'power-brake'
  | 'host-pressure';

const NEEDS_DAY = 'throttle time: from driver 580, with history from the agent or an earlier run';
const NEEDS_NVLINK = 'GPUs that are joined by NVLink';
const NEEDS_PORTS = 'machines with InfiniBand or RoCE ports for the traffic of jobs';
const NO_SOURCE =
  'assumed: no published limit for hosts of GPUs; systemd-oomd acts at 60 % of memory stalls in which all wait';

export default defineCheck({
  apiVersion: 1,
  id: 'straggler/at-risk',
  title: 'GPU or node likely to be slower than its peers',
  why: 'One slow GPU sets the pace of a synchronous job, while it passes every health check. Each cause alone is a suspicion, not a proof; one that all siblings share is none.',
  source:
    'the GPU itself against its siblings of the same model; causes as in "Not All GPUs Are Created Equal" (SC22), SuperBench and NVIDIA nvml.h; /proc/pressure (docs.kernel.org, accounting/psi)',
  remedy:
    'Undo what was set: `nvidia-smi -i INDEX -pl DEFAULT`, `nvidia-smi -i INDEX -rac`, `nvidia-smi -i INDEX -rgc`. A host under pressure: see who waits in `/sys/fs/cgroup/**/cpu.pressure`, and end what was left behind. For the rest, measure before the next large job: `dcgmi diag -r 2` on the idle node, beside a sibling.',
  contexts: ['continuous', 'prejob'],
  requires: ['gpus'],
  uses: ['nvlinks', 'nics', 'nicCounterLimits', 'rails', 'hostPressure'],
  options: {
    remapped_rows: {
      default: 10,
      unit: 'rows',
      source: 'SuperBench fails a node at 10 remapped rows of a GPU',
      help: 'a GPU with this many remapped rows is at risk',
      fromProfile: 'gpu-remapped-rows-at-risk',
    },
    throttle_share: {
      default: 0.01,
      unit: 'share of time',
      source: 'the limit of thermal/thermal-throttle, over a day',
      help: 'throttled for more than this share of the last day, and for several times that of the peers, is at risk',
    },
    cpu_pressure: {
      default: 0.4,
      unit: 'share of time',
      source: NO_SOURCE,
      help: 'a node whose tasks wait for a CPU in more than this share of the last minute and of the last five is at risk',
    },
    memory_pressure: {
      default: 0.1,
      unit: 'share of time',
      source: NO_SOURCE,
      help: 'the same for memory: reclaim and thrashing, of which a healthy node shows next to none',
    },
    io_pressure: {
      default: 0.4,
      unit: 'share of time',
      source: NO_SOURCE,
      help: 'the same for input and output; only ever an INFO, since one task that copies files makes it high on an idle node',
    },
  },
  // Causes that another check reports at WARNING or above are INFO here: one fault, one alarm.
  rules: {
    'power-limit-lowered': condition('INFO', 'Power limit lower than that of its siblings', stay('watch')),
    'clocks-locked': condition(
      'WARNING',
      'Application clocks held down',
      stay('watch'),
      'application clocks: printed until driver 580',
    ),
    'max-clock-lower': condition('WARNING', 'Highest clock lower than that of its siblings', stay('watch')),
    'pcie-degraded': condition('INFO', 'PCIe link narrower or older than that of its siblings', stay('watch')),
    'nvlinks-fewer': condition('INFO', 'Fewer NVLinks up than its siblings', stay('watch'), NEEDS_NVLINK),
    'nvlink-slower': condition('WARNING', 'NVLink slower than those of its siblings', stay('watch'), NEEDS_NVLINK),
    'port-slower': condition('INFO', 'Compute port slower than its siblings', stay('watch'), NEEDS_PORTS),
    'port-errors': condition(
      'INFO',
      'Errors of a compute port rise, not those of its siblings',
      stay('watch'),
      NEEDS_PORTS,
    ),
    'wrong-rail': condition(
      'INFO',
      'No compute NIC below the same PCIe switch, unlike its siblings',
      stay('watch'),
      NEEDS_PORTS,
    ),
    'remapped-rows': condition(
      'WARNING',
      'Many remapped rows',
      stay('watch'),
      'GPUs that remap rows: Ampere and later',
    ),
    'thermal-throttle': condition('WARNING', 'Throttled for heat more than its peers', stay('watch'), NEEDS_DAY),
    'sw-thermal-throttle': condition(
      'WARNING',
      'Slowed down by the driver for heat more than its peers',
      stay('watch'),
      NEEDS_DAY,
    ),
    'power-brake': condition('WARNING', 'Held back by the power brake more than its peers', stay('watch'), NEEDS_DAY),
    'host-pressure': condition(
      'WARNING',
      'Tasks of the host wait for CPU, memory or storage',
      stay('watch'),
      'kernels that keep pressure stall information: from 4.20, with psi=1',
    ),
  },
  judge: ({ gpus, nvlinks, nics, nicCounterLimits, rails, hostPressure }, { node, options }) => [
    ...gpus.flatMap((gpu): readonly Judgement<Code>[] => {
      const siblings = siblingsOf(gpu, gpus);
      return [
        powerLimitRisk(gpu, siblings),
        applicationClocksRisk(gpu, siblings),
        maximumClockRisk(gpu, siblings),
        pcieRisk(gpu, siblings),
        remappedRowsRisk(gpu, options.remapped_rows),
        throttledMoreThanPeers(gpu, siblings, 'hw_thermal', 'thermal-throttle', options.throttle_share),
        throttledMoreThanPeers(gpu, siblings, 'sw_thermal', 'sw-thermal-throttle', options.throttle_share),
        throttledMoreThanPeers(gpu, siblings, 'hw_power_brake', 'power-brake', options.throttle_share),
      ];
    }),
    ...nvlinkRisks(nvlinks, gpus, node),
    ...portRisks(nics, nicCounterLimits, node),
    ...railRisks(rails, nics, node),
    hostPressureRisk(hostPressure, gpus, node, {
      cpu: options.cpu_pressure,
      memory: options.memory_pressure,
      io: options.io_pressure,
    }),
  ],
});
