import {
  absent,
  type Component,
  type GpuMinute,
  type GpuNvLinks,
  type JobVerdict,
  type KernelEvent,
  known,
  type NicPort,
  type Straggler,
  type StragglerWatch,
} from '../../src/api.ts';
import type { CheckResult, FactMap, FindingRecord, Snapshot } from '../../src/engine/snapshot.ts';
import { worst } from '../../src/engine/verdict.ts';
import {
  BOOTED_AT,
  factOf,
  fullPcie,
  gpuRef,
  healthyGpus,
  NOW,
  nodeRef,
  profileOf,
  signalOf,
  specified,
  steady,
} from './healthy-gpu.ts';

/** The component of port 1 of the RDMA device `mlx5_<n>`. */
export const nicRef = (n: number): Component => ({
  kind: 'nic',
  key: `nic:mlx5_${n}/1`,
  model: 'MT4129',
  device: `mlx5_${n}`,
  port: 1,
  pciBusId: `00000000:${(0x18 + n * 0x10).toString(16).toUpperCase().padStart(2, '0')}:00.0`,
  guid: `946d:ae03:0000:00${n}0`,
});

const PORT_COUNTERS = [
  'symbol_error',
  'link_error_recovery',
  'link_downed',
  'port_rcv_errors',
  'port_rcv_remote_physical_errors',
  'port_xmit_discards',
  'local_link_integrity_errors',
  'excessive_buffer_overrun_errors',
  'port_rcv_data',
  'out_of_sequence',
  'packet_seq_err',
  'local_ack_timeout_err',
  'rnr_nak_retry_err',
  'rx_icrc_encapsulated',
];

/** A healthy NDR InfiniBand port. */
export const healthyPort = (n: number, over: Partial<NicPort> = {}): NicPort => ({
  ref: nicRef(n),
  role: n < 8 ? 'compute' : 'storage',
  linkLayer: known('infiniband'),
  state: known('ACTIVE'),
  physicalState: known('LinkUp'),
  rateGbps: known(400),
  firmwareVersion: known('28.39.3004'),
  boardId: known('MT_0000000838'),
  netdev: known(`ibp${n}s0`),
  numaNode: known(n < 4 ? 0 : 1),
  pcie: fullPcie(),
  chipCelsius: signalOf(58),
  chipCriticalCelsius: known(105),
  opticsCelsius: signalOf(48),
  opticsCriticalCelsius: known(75),
  pkeys: known(['0xffff']),
  counters: Object.fromEntries(PORT_COUNTERS.map((name) => [name, steady(0)])),
  carrierDowns: steady(1),
  ...over,
});

export const healthyPorts = (count: number): readonly NicPort[] =>
  Array.from({ length: count }, (_, n) => healthyPort(n));

export const healthyNvlinks = (gpus: number): readonly GpuNvLinks[] =>
  Array.from({ length: gpus }, (_, index) => ({
    ref: gpuRef(index),
    links: known(
      Array.from({ length: 18 }, (_, link) => ({
        link,
        up: true,
        rateGBps: known(26.562),
        errors: { replay: steady(0), recovery: steady(0), crc: steady(0) },
      })),
    ),
  }));

export const xidEvent = (gpu: number, code: number, over: Partial<KernelEvent> = {}): KernelEvent => ({
  at: NOW - 60_000,
  kind: 'xid',
  fromKernel: true,
  component: gpuRef(gpu),
  code,
  repeats: 1,
  firstAt: NOW - 60_000,
  fields: {},
  text: `NVRM: Xid (PCI:0000:4b:00): ${code}, GPU has fallen off the bus.`,
  meaning: {
    code,
    mnemonic: 'ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS',
    meaning: 'the GPU no longer answers on PCIe',
    class: 'fatal',
    immediate: 'RESTART_BM',
    investigatory: 'CONTACT_SUPPORT',
    severity: 'CRITICAL',
    action: { drain: true, then: 'reboot' },
    lifetime: { clearedBy: 'reboot' },
    source: 'docs.nvidia.com/deploy/xid-errors',
  },
  ...over,
});

export const findingOf = (over: Partial<FindingRecord> = {}): FindingRecord => ({
  check: 'gpu/xid-errors',
  code: 'fatal-xid',
  title: 'A fatal Xid',
  severity: 'CRITICAL',
  component: gpuRef(3),
  related: [],
  message: 'Xid 79: the GPU has fallen off the bus',
  evidence: {},
  action: { drain: true, then: 'reboot' },
  lifetime: { clearedBy: 'reboot' },
  ...over,
});

export const checkOf = (id: string, over: Partial<CheckResult> = {}): CheckResult => ({
  id,
  category: id.split('/')[0] ?? id,
  title: id.replace('/', ' '),
  severity: 'PASS',
  besides: 'PASS',
  mode: 'enforce',
  findings: [],
  unjudged: [],
  judged: [nodeRef],
  ranAt: NOW,
  factsAt: NOW - 4_000,
  sampledAt: NOW - 4_000,
  errors: 0,
  ...over,
});

/** The findings' check, as severe as the worst of them. */
export const failingCheck = (findings: readonly FindingRecord[], over: Partial<CheckResult> = {}): CheckResult =>
  checkOf(findings[0]?.check ?? 'gpu/xid-errors', {
    severity: worst(findings.map(({ severity }) => severity)),
    findings,
    judged: findings.map(({ component }) => component),
    ...over,
  });

export const skippedCheck = (id: string, reason: string, over: Partial<CheckResult> = {}): CheckResult =>
  checkOf(id, { severity: 'SKIPPED', reason, judged: [], ...over });

/** A check that passes for every GPU. */
export const gpuCheck = (id: string, gpus = 8): CheckResult =>
  checkOf(id, { judged: Array.from({ length: gpus }, (_, index) => gpuRef(index)) });

/** A check that passes for every port. */
export const nicCheck = (id: string, ports = 9): CheckResult =>
  checkOf(id, { judged: Array.from({ length: ports }, (_, n) => nicRef(n)) });

export const HEALTHY_CHECKS: readonly CheckResult[] = [
  ...['ecc-errors', 'lost-gpus', 'nvlink-down', 'row-remaps', 'xid-errors'].map((name) => gpuCheck(`gpu/${name}`)),
  ...['link-down', 'link-rate', 'missing-nics'].map((name) => nicCheck(`network/${name}`)),
  ...['hot-gpus', 'thermal-throttle'].map((name) => gpuCheck(`thermal/${name}`)),
  skippedCheck('network/congestion', 'no Ethernet port here'),
  skippedCheck('straggler/lagging-gpu', 'runs in continuous, job, not in prejob'),
];

/** Every GPU in the same job, each as fast as the others. */
export const healthyMinutes = (gpus = 8): readonly GpuMinute[] =>
  Array.from({ length: gpus }, (_, index) => ({
    ref: gpuRef(index),
    jobId: '4242',
    role: 'all',
    window: {
      at: NOW,
      busyRatio: 0.97,
      smClockHertz: 1.875e9,
      smClockP05Hertz: 1.845e9,
      powerWatts: 650,
      powerLimitWatts: 700,
      temperatureCelsius: 61,
      throttleRatio: {
        sw_power_cap: 0.05,
        sw_thermal: 0,
        hw_slowdown: 0,
        hw_thermal: 0,
        hw_power_brake: 0,
        application_clocks: 0,
      },
    },
    causes: [],
  }));

export const jobVerdict = (over: Partial<JobVerdict> = {}): JobVerdict => ({
  jobId: '4242',
  nodes: [],
  gpus: 8,
  verdict: 'clean',
  reason: 'no GPU stands out',
  stragglers: [],
  ...over,
});

export const stragglerOf = (over: Partial<Straggler> = {}): Straggler => ({
  level: 'likely',
  component: gpuRef(3),
  jobId: '4242',
  families: ['thermal', 'clock'],
  causes: [{ kind: 'thermal_throttle', detail: 'thermally throttled 40 % of the last 5 min, 84 °C' }],
  effects: [
    {
      feature: 'sm_clock',
      family: 'clock',
      observed: 1.56e9,
      peerMedian: 1.875e9,
      deviation: 0.168,
      z: 14,
      persistence: { hits: 12, of: 15 },
      peers: 7,
    },
  ],
  slowdown: { estimate: 0.12, low: 0.05, high: 0.2 },
  firstSeen: NOW - 900_000,
  lastSeen: NOW - 900_000,
  message:
    'GPU 3 is likely to hold job 4242 back: thermally throttled 40 % of the last 5 min, SM clock 17 % below 7 peers',
  nextStep: 'look for a blocked fan',
  ...over,
});

const watchOf = (gpus: number, job: JobVerdict): StragglerWatch => ({
  jobs: [job],
  relativePerformance: Array.from({ length: gpus }, (_, index) => ({ component: gpuRef(index), ratio: 1 })),
});

export const healthyFacts = (gpus = 8, ports = 9): FactMap => ({
  gpuMinutes: factOf(healthyMinutes(gpus), 'nvidia-smi-follow'),
  stragglers: factOf(watchOf(gpus, jobVerdict({ gpus })), 'nvidia-smi-follow'),
  gpus: factOf(healthyGpus(gpus), 'nvidia-smi'),
  nics: factOf(healthyPorts(ports), 'sysfs-infiniband'),
  nvlinks: factOf(healthyNvlinks(gpus), 'nvidia-smi-nvlink'),
  kernelLog: factOf({ events: [], lost: 0, since: BOOTED_AT }, 'kernel-log'),
  driver: factOf(
    {
      ref: nodeRef,
      version: known('580.105.08'),
      cudaVersion: known('13.0'),
      libraryMismatch: known(false),
      libraryVersion: absent('unsupported', 'printed only with a mismatch'),
      attachedGpus: known(gpus),
    },
    'nvidia-smi',
  ),
});

/** A healthy HGX H100 node with nine ports, with `over` laid upon it; `overall` follows the checks unless given. */
export const snapshotOf = (over: Partial<Snapshot> = {}): Snapshot => {
  const checks = over.checks ?? HEALTHY_CHECKS;
  return {
    at: NOW,
    context: 'prejob',
    node: { name: 'gpu-node-017', bootId: '1f0b6c3e-5a52-4a86-9a35-2d3f7a9b8c10', bootedAt: BOOTED_AT },
    profile: profileOf({
      nics: [
        {
          role: 'compute',
          count: specified(8),
          rateGbps: specified(400),
          pcieGeneration: specified(5),
          pcieWidth: specified(16),
        },
      ],
    }),
    facts: healthyFacts(),
    checks,
    sources: [
      { source: 'nvidia-smi', up: true, durationSeconds: 0.41, lastSuccessAt: NOW - 4_000 },
      { source: 'nvidia-smi-nvlink', up: true, durationSeconds: 0.12, lastSuccessAt: NOW - 9_000 },
      { source: 'sysfs-infiniband', up: true, durationSeconds: 0.02, lastSuccessAt: NOW - 2_000 },
      { source: 'kernel-log', up: true, durationSeconds: 0.001, lastSuccessAt: NOW - 500 },
    ],
    overall: worst(checks.map(({ severity }) => severity)),
    abandonedProcesses: 0,
    changes: [],
    ...over,
  };
};

/** A bad night: a GPU off the bus, a port down, throttling, an unanswered source, one suppressed and one observed finding. */
export const failingSnapshot = (over: Partial<Snapshot> = {}): Snapshot =>
  snapshotOf({
    checks: [
      gpuCheck('gpu/ecc-errors'),
      checkOf('gpu/nvlink-errors', {
        severity: 'UNKNOWN',
        reason: 'nvidia-smi nvlink -e did not answer within 5 s',
        judged: [],
        unjudged: [0, 1, 2, 3, 4, 6].map((index) => ({
          component: gpuRef(index),
          reason: 'timeout',
          detail: 'nvidia-smi nvlink -e did not answer within 5 s',
          verdict: 'UNKNOWN',
        })),
      }),
      gpuCheck('gpu/row-remaps'),
      failingCheck([
        findingOf({
          observed: 'Xid 79 in the kernel log, once',
          expected: 'no fatal Xid since the boot',
          evidence: { xid: 79, class: 'fatal', source: 'kernel log', repeats: 1 },
          firstSeen: NOW - 108_000,
          related: [nicRef(3)],
        }),
      ]),
      failingCheck(
        [
          findingOf({
            check: 'gpu/persistence-mode-off',
            code: 'off',
            severity: 'WARNING',
            component: gpuRef(1),
            message: 'persistence mode is off',
            action: { drain: false, then: 'none' },
          }),
        ],
        { mode: 'observe' },
      ),
      failingCheck([
        findingOf({
          check: 'network/link-down',
          code: 'down-against-siblings',
          severity: 'CRITICAL',
          component: nicRef(2),
          message: 'the port is DOWN (Polling) while 7 of 8 sibling ports are ACTIVE at 400 Gb/s',
          observed: 'DOWN, Polling',
          expected: 'ACTIVE, LinkUp',
          evidence: { siblings_up: 7, siblings: 8 },
          action: { drain: true, then: 'service' },
          firstSeen: NOW - 3_600_000,
        }),
      ]),
      failingCheck([
        findingOf({
          check: 'network/link-flaps',
          code: 'flapping',
          severity: 'WARNING',
          component: nicRef(5),
          message: 'the link went down 4 times in the last hour; the limit is 2',
          observed: '4 an hour',
          expected: 'at most 2 an hour',
          action: { drain: false, then: 'watch' },
          suppressedUntil: NOW + 86_400_000,
          suppressedBy: 'alice: cable ordered, ticket 17',
        }),
      ]),
      nicCheck('network/link-rate'),
      failingCheck([
        findingOf({
          check: 'thermal/thermal-throttle',
          code: 'hardware-thermal',
          severity: 'WARNING',
          component: gpuRef(6),
          message: 'the hardware held back the clocks for heat for 41 s of the last 15 minutes; the limit is 9 s',
          observed: '41 s',
          expected: 'at most 9 s',
          evidence: { core_celsius: 87, margin_celsius: -1 },
          action: { drain: false, then: 'watch' },
        }),
      ]),
      gpuCheck('thermal/hot-gpus'),
      skippedCheck('network/congestion', 'no Ethernet port here'),
      skippedCheck('network/roce-misconfigured', 'no Ethernet port here'),
      skippedCheck('straggler/lagging-gpu', 'runs in continuous, job, not in prejob'),
    ],
    facts: {
      ...healthyFacts(),
      gpuMinutes: factOf(
        healthyMinutes().map((minute) => ({
          ...minute,
          causes: [
            ...(minute.ref.index === 3 ? stragglerOf().causes : []),
            { kind: 'link_degraded' as const, detail: 'mlx5_2 is DOWN, its siblings run at 400 Gb/s' },
          ],
        })),
        'nvidia-smi-follow',
      ),
      stragglers: factOf(
        watchOf(8, jobVerdict({ verdict: 'likely', stragglers: [stragglerOf()] })),
        'nvidia-smi-follow',
      ),
      kernelLog: factOf({ events: [xidEvent(3, 79)], lost: 0, since: BOOTED_AT }, 'kernel-log'),
      nics: factOf(
        Array.from({ length: 9 }, (_, n) =>
          n === 2 ? healthyPort(2, { state: known('DOWN'), physicalState: known('Polling') }) : healthyPort(n),
        ),
        'sysfs-infiniband',
      ),
    },
    overall: 'CRITICAL',
    ...over,
  });
