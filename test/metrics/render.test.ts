import { describe, expect, it } from 'vitest';
import { absent, known } from '../../src/api.ts';
import type { Snapshot } from '../../src/engine/snapshot.ts';
import { renderMetrics } from '../../src/metrics/render.ts';
import { BOOTED_AT, factOf, gpuRef, healthyGpu, NOW } from '../support/healthy-gpu.ts';
import { absentCounter, counterOf, signalOf } from '../support/series.ts';
import {
  failingCheck,
  failingSnapshot,
  findingOf,
  gpuCheck,
  healthyFacts,
  healthyNvlinks,
  healthyPort,
  snapshotOf,
  xidEvent,
} from '../support/snapshot.ts';
import { METRICS } from './options.ts';

const IDS_3 = 'gpu="3",UUID="GPU-33333333-0000-4000-8000-000000000000",pci_bus_id="00000000:4B:00.0"';

const linesOf = async (snapshot: Snapshot, over = {}): Promise<readonly string[]> =>
  (await renderMetrics(snapshot, { ...METRICS, ...over }))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
const about = async (snapshot: Snapshot, name: string): Promise<readonly string[]> =>
  (await linesOf(snapshot)).filter((line) => line.startsWith(`muster_${name}`));
const withGpu3 = (over: Parameters<typeof healthyGpu>[1]): Snapshot =>
  snapshotOf({ facts: { ...healthyFacts(), gpus: factOf([healthyGpu(3, over)]) } });

describe('readings', () => {
  it('carry the labels by which they join with dcgm-exporter and node_exporter', async () => {
    const lines = await linesOf(snapshotOf());
    expect(lines).toContain(`muster_gpu_temperature_celsius{${IDS_3},sensor="core"} 31`);
    expect(lines).toContain('muster_nic_port_rate_bytes_per_second{device="mlx5_2",port="1"} 50000000000');
    expect(lines).toContain('muster_nic_port_expected_rate_bytes_per_second{device="mlx5_2",port="1"} 50000000000');
    expect(lines.some((line) => line.startsWith('muster_nic_port_expected') && line.includes('mlx5_8'))).toBe(false);
  });

  it('that are absent have no series, least of all a zero', async () => {
    const lost = absent('lost', 'GPU is lost');
    const lines = await linesOf(
      withGpu3({
        temperature: { coreCelsius: signalOf(lost) },
        power: { limitWatts: lost },
        rows: { pending: lost },
        recoveryAction: lost,
        pcie: { replays: absentCounter(lost) },
      }),
    );
    for (const name of [
      'temperature_celsius{[^}]*core',
      'power_limit_watts',
      'row_remap_pending',
      'recovery_action',
      'pcie_replays',
    ]) {
      expect(lines.filter((line) => new RegExp(`^muster_gpu_${name}`).test(line))).toEqual([]);
    }
    expect(lines.some((line) => line.startsWith('muster_gpu_temperature_celsius'))).toBe(true);
  });

  it('of a source that no longer answers are gone, and the source is down', async () => {
    const stale = { ...absent('stale', 'nvidia-smi has not answered for 90 s'), at: NOW, source: 'nvidia-smi' };
    const snapshot = snapshotOf({
      facts: { ...healthyFacts(), gpus: stale, nvlinks: stale, gpuMinutes: stale, stragglers: stale },
      sources: [{ source: 'nvidia-smi', up: false, reason: 'stale', durationSeconds: 5, lastSuccessAt: NOW - 90_000 }],
    });
    const lines = await linesOf(snapshot);
    expect(lines.filter((line) => /^muster_gpu_/.test(line))).toEqual([]);
    expect(lines).toContain('muster_source_up{source="nvidia-smi"} 0');
    expect(lines).toContain(
      `muster_source_last_success_timestamp_seconds{source="nvidia-smi"} ${(NOW - 90_000) / 1000}`,
    );
  });

  it('that are no number are not exposed', async () => {
    const text = await renderMetrics(withGpu3({ power: { drawWatts: signalOf(known(Number.NaN)) } }), METRICS);
    expect(text).not.toMatch(/NaN|Inf/);
    expect(text).not.toContain('muster_gpu_power_watts{');
  });

  it.each([
    ['None', 0],
    ['GPU Reset Required', 1],
    ['Reset', 1],
    ['Node Reboot Required', 2],
    ['Drain P2P', 3],
    ['Drain and Reset', 4],
    ['Call An Exorcist', 99],
  ])('of the recovery action "%s" is %i', async (text, value) => {
    expect(await about(withGpu3({ recoveryAction: known(text) }), 'gpu_recovery_action')).toEqual([
      `muster_gpu_recovery_action{${IDS_3}} ${value}`,
    ]);
  });

  it('of NVLink are summed over the links, and dropped when a link does not answer', async () => {
    const [gpu] = healthyNvlinks(1);
    if (gpu?.links.ok !== true) throw new Error('the builder gives links');
    const links = gpu.links.value.map((link) => ({ ...link, errors: { ...link.errors, replay: counterOf(2) } }));
    const silent = links.map((link, at) =>
      at === 5 ? { ...link, errors: { ...link.errors, crc: absentCounter(absent('failed', 'no')) } } : link,
    );
    const lines = await about(
      snapshotOf({ facts: { nvlinks: factOf([{ ...gpu, links: known(silent) }]) } }),
      'gpu_nvlink_errors_total',
    );
    expect(lines.some((line) => line.includes('kind="replay"') && line.endsWith(' 36'))).toBe(true);
    expect(lines.some((line) => line.includes('kind="crc"'))).toBe(false);
  });

  it('of a port say up only for an active port with its link up', async () => {
    const ports = [
      healthyPort(0),
      healthyPort(1, { state: known('INIT') }),
      healthyPort(2, { physicalState: absent('failed', 'no') }),
    ];
    expect(await about(snapshotOf({ facts: { nics: factOf(ports) } }), 'nic_port_up')).toEqual([
      'muster_nic_port_up{device="mlx5_0",port="1"} 1',
      'muster_nic_port_up{device="mlx5_1",port="1"} 0',
    ]);
  });

  it('of flaps come from the counter that the link layer has', async () => {
    const ports = [
      healthyPort(0, { counters: { link_downed: counterOf(3) }, carrierDowns: counterOf(7) }),
      healthyPort(1, {
        linkLayer: known('ethernet'),
        counters: { link_downed: counterOf(3) },
        carrierDowns: counterOf(7),
      }),
    ];
    expect(await about(snapshotOf({ facts: { nics: factOf(ports) } }), 'nic_port_flaps_total')).toEqual([
      'muster_nic_port_flaps_total{device="mlx5_0",port="1"} 3',
      'muster_nic_port_flaps_total{device="mlx5_1",port="1"} 7',
    ]);
  });
});

describe('Xids', () => {
  const withEvents = (...events: ReturnType<typeof xidEvent>[]): Snapshot =>
    snapshotOf({ facts: { ...healthyFacts(), kernelLog: factOf({ events, lost: 0, since: BOOTED_AT }) } });

  it('are seeded at zero for every class of every GPU, so that increase() sees the first', async () => {
    const lines = await about(withEvents(), 'gpu_xid_events_total');
    expect(lines).toHaveLength(8 * 6);
    expect(lines.every((line) => line.endsWith(' 0'))).toBe(true);
  });

  it('count with their repeats, and say when each was last seen', async () => {
    const snapshot = withEvents(xidEvent(3, 79, { repeats: 4 }), xidEvent(3, 79, { at: NOW - 5_000 }));
    expect(await about(snapshot, 'gpu_xid_events_total')).toContain(
      `muster_gpu_xid_events_total{${IDS_3},xid_class="fatal"} 5`,
    );
    expect(await about(snapshot, 'gpu_xid_last')).toEqual([
      `muster_gpu_xid_last_timestamp_seconds{${IDS_3},xid="79"} ${(NOW - 5_000) / 1000}`,
    ]);
  });

  it('that a user wrote count only in a rehearsal', async () => {
    const snapshot = withEvents(xidEvent(3, 79, { fromKernel: false }));
    expect(await about(snapshot, 'gpu_xid_last')).toEqual([]);
    const rehearsal = await linesOf(snapshot, { kernelLogTrust: 'any' });
    expect(rehearsal).toContain(`muster_gpu_xid_events_total{${IDS_3},xid_class="fatal"} 1`);
  });

  it('are not said to be zero where the kernel log could not be read', async () => {
    const { kernelLog: _, ...facts } = healthyFacts();
    expect(await about(snapshotOf({ facts }), 'gpu_xid')).toEqual([]);
  });
});

describe('checks', () => {
  it('are one series a state; skipped ones are absent, information is pass', async () => {
    const info = failingCheck([findingOf({ check: 'gpu/pcie-degraded', severity: 'INFO' })]);
    const lines = await about(snapshotOf({ checks: [gpuCheck('gpu/ecc-errors'), info] }), 'check_status');
    expect(lines).toHaveLength(8);
    expect(lines).toContain('muster_check_status{check="gpu/pcie-degraded",category="gpu",state="pass"} 1');
    expect((await about(snapshotOf(), 'check_status')).some((line) => line.includes('congestion'))).toBe(false);
  });

  it('findings that count are active, suppressed and observed ones are not', async () => {
    const lines = await linesOf(failingSnapshot());
    expect(lines.filter((line) => line.startsWith('muster_finding_active'))).toEqual([
      `muster_finding_active{check="gpu/xid-errors",code="fatal-xid",severity="critical",component="gpu",${IDS_3}} 1`,
      'muster_finding_active{check="network/link-down",code="down-against-siblings",severity="critical",component="nic",device="mlx5_2",port="1"} 1',
      expect.stringContaining('check="thermal/thermal-throttle"'),
    ]);
    expect(lines).toContain('muster_suppressed_findings 1');
    expect(lines).toContain('muster_observed_findings{check="gpu/persistence-mode-off",severity="warning"} 1');
    expect(lines.some((line) => line.startsWith('muster_check_status{check="gpu/persistence-mode-off"'))).toBe(false);
  });

  it('give each GPU its own health', async () => {
    const lines = await about(failingSnapshot(), 'gpu_status');
    const stateOf = (gpu: number) =>
      lines.find((line) => line.includes(`gpu="${gpu}"`) && line.endsWith(' 1'))?.match(/state="(\w+)"/)?.[1];
    expect([0, 1, 2, 3, 4, 5, 6, 7].map(stateOf)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unhealthy',
      'unknown',
      'healthy',
      'unknown',
      'healthy',
    ]);
  });

  it('that failed themselves are counted, only then', async () => {
    const checks = [gpuCheck('gpu/ecc-errors'), { ...gpuCheck('gpu/row-remaps'), errors: 2 }];
    expect(await about(snapshotOf({ checks }), 'check_errors_total')).toEqual([
      'muster_check_errors_total{check="gpu/row-remaps"} 2',
    ]);
  });
});

it('text from the machine cannot forge a series', async () => {
  const hostile = 'x"} 1\nmuster_node_status{state="healthy"} 1\n#\\';
  const snapshot = snapshotOf({
    facts: { gpus: factOf([healthyGpu(0, { ref: { ...gpuRef(0), serial: hostile }, vbiosVersion: known(hostile) })]) },
  });
  const lines = await about(snapshot, 'node_status{state="healthy"}');
  expect(lines).toHaveLength(1);
});

it('a simulated machine says so', async () => {
  const snapshot = snapshotOf({ node: { ...snapshotOf().node, mock: 'hgx-h100-8' } });
  expect((await about(snapshot, 'node_info'))[0]).toContain('mock="true"');
  expect((await about(snapshotOf(), 'node_info'))[0]).toContain('mock="false"');
});

it('concurrent renderings do not mix', async () => {
  const [a, b] = await Promise.all([renderMetrics(snapshotOf(), METRICS), renderMetrics(failingSnapshot(), METRICS)]);
  expect(a).toBe(await renderMetrics(snapshotOf(), METRICS));
  expect(b).not.toBe(a);
});
