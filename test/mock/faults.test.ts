import { describe, expect, test } from 'vitest';
import { FAULTS, faultApplies } from '../../src/mock/faults.ts';
import { MACHINE_NAMES } from '../../src/mock/machines.ts';
import { changedLeaves, changedPaths, file, machineNamed, treeOf } from './support.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const TABLE = 'commands/nvidia-smi.out';
const SMI = [
  'nvidia-smi',
  'nvidia-smi_-L',
  'nvidia-smi_-q_-x',
  'nvidia-smi_nvlink_-e',
  'nvidia-smi_nvlink_-s',
  'nvidia-smi_topo_-m',
];
const outs = SMI.map((key) => `commands/${key}.out`);
const exits = SMI.map((key) => `commands/${key}.exit`);
const GPU3 = '00000000:61:00.0';
const PCI3 = 'sys/bus/pci/devices/0000:61:00.0';
const NIC2 = 'sys/class/infiniband/mlx5_2';
const NETDEV2 = 'ibp79s0';
const MC0 = 'sys/devices/system/edac/mc/mc0';
const SYSTEMCTL = [...treeOf('hgx-h100-8').keys()].find((path) => path.startsWith('commands/systemctl_')) ?? '';

const DF = [...treeOf('hgx-h100-8').keys()].find((path) => path.startsWith('commands/df_')) ?? 'df';

/** What each fault changes on hgx-h100-8, at one moment: files of the tree, and leaves of the XML. */
interface Change {
  readonly files: readonly string[];
  readonly leaves?: readonly string[];
  /** hgx-h100-8, where the fault makes sense there. */
  readonly machine?: string;
}
const CHANGES: Readonly<Record<string, Change>> = {
  'xid79@gpu3': { files: ['kmsg'] },
  'lost@gpu3': { files: [TABLE, XML, 'commands/nvidia-smi_nvlink_-e.out', 'commands/nvidia-smi_nvlink_-s.out'] },
  'missing@gpu3': { files: [...outs, 'kmsg'] },
  'ecc@gpu3': {
    files: [TABLE, XML],
    leaves: ['ecc_errors/aggregate/dram_uncorrectable', 'ecc_errors/volatile/dram_uncorrectable'],
  },
  'remap-pending@gpu3': {
    files: [XML],
    leaves: [
      'remapped_rows/remapped_row_pending',
      'remapped_rows/remapped_row_unc',
      'remapped_rows/row_remapper_histogram/row_remapper_histogram_high',
      'remapped_rows/row_remapper_histogram/row_remapper_histogram_max',
    ],
  },
  'remap-failed@gpu3': {
    files: [XML],
    leaves: [
      'remapped_rows/remapped_row_failure',
      'remapped_rows/remapped_row_unc',
      'remapped_rows/row_remapper_histogram/row_remapper_histogram_max',
      'remapped_rows/row_remapper_histogram/row_remapper_histogram_none',
    ],
  },
  'hot@gpu3': { files: [TABLE, XML], leaves: ['temperature/gpu_temp', 'temperature/gpu_temp_tlimit'] },
  'throttle@gpu3': {
    files: [XML],
    leaves: [
      'clocks_event_reasons/clocks_event_reason_gpu_idle',
      'clocks_event_reasons/clocks_event_reason_hw_slowdown',
      'clocks_event_reasons/clocks_event_reason_hw_thermal_slowdown',
      'clocks_event_reasons_counters/clocks_event_reasons_counters_hw_therm_slowdown',
    ],
  },
  'power-brake@gpu3': {
    files: [XML],
    leaves: [
      'clocks_event_reasons/clocks_event_reason_gpu_idle',
      'clocks_event_reasons/clocks_event_reason_hw_power_brake_slowdown',
      'clocks_event_reasons/clocks_event_reason_hw_slowdown',
      'clocks_event_reasons_counters/clocks_event_reasons_counters_hw_power_brake',
    ],
  },
  'power-cap@gpu3': {
    files: [TABLE, XML],
    leaves: ['gpu_power_readings/current_power_limit', 'gpu_power_readings/requested_power_limit'],
  },
  'pcie-width@gpu3': {
    files: [XML, `${PCI3}/current_link_width`],
    leaves: ['pci/pci_gpu_link_info/link_widths/current_link_width'],
  },
  'pcie-errors@gpu3': { files: [`${PCI3}/aer_dev_correctable`] },
  'pcie-fatal@gpu3': { files: ['kmsg'] },
  'mig@gpu3': { files: [TABLE, XML], leaves: ['mig_mode/current_mig', 'mig_mode/pending_mig'] },
  'mig-pending@gpu3': { files: [XML], leaves: ['mig_mode/pending_mig'] },
  'nvlink-down@gpu3': { files: ['commands/nvidia-smi_nvlink_-s.out'] },
  'fabric-degraded@gpu3': { files: [XML], leaves: ['fabric/status'] },
  'vbios-drift@gpu3': { files: [XML], leaves: ['vbios_version'] },
  'recovery-reset@gpu3': { files: [XML], leaves: ['gpu_recovery_action'] },
  'gpu-reset@gpu3': {
    files: [XML],
    leaves: ['clocks_event_reasons_counters/clocks_event_reasons_counters_sw_power_cap', 'pci/replay_counter'],
  },
  'hung-smi': { files: [...outs, ...exits] },
  'broken-smi': { files: [...outs, ...exits] },
  'driver-mismatch': { files: [...outs, ...exits] },
  'ib-down@mlx5_2': {
    files: [
      'commands/ibstat.out',
      ...['counters/link_downed', 'lid', 'phys_state', 'rate', 'sm_lid', 'state'].map(
        (name) => `${NIC2}/ports/1/${name}`,
      ),
      ...['carrier_down_count', 'operstate', 'speed'].flatMap((name) => [
        `${NIC2}/device/net/${NETDEV2}/${name}`,
        `sys/class/net/${NETDEV2}/${name}`,
      ]),
    ],
  },
  'ib-rate@mlx5_2': {
    files: [
      'commands/ibstat.out',
      `${NIC2}/ports/1/rate`,
      `${NIC2}/device/net/${NETDEV2}/speed`,
      `sys/class/net/${NETDEV2}/speed`,
    ],
  },
  'ib-flap@mlx5_2': {
    files: [
      'kmsg',
      `${NIC2}/ports/1/counters/link_downed`,
      `${NIC2}/device/net/${NETDEV2}/carrier_down_count`,
      `sys/class/net/${NETDEV2}/carrier_down_count`,
    ],
  },
  'ib-errors@mlx5_2': {
    files: [`${NIC2}/ports/1/counters/port_rcv_errors`, `${NIC2}/ports/1/hw_counters/local_ack_timeout_err`],
  },
  'inforom-drift@gpu3': { files: [XML], leaves: ['inforom_version/img_version'] },
  'memory-corrected': { files: ['kmsg', `${MC0}/ce_count`] },
  'memory-uncorrectable': { files: ['kmsg', `${MC0}/ue_count`] },
  'fabric-manager-failed': { files: [SYSTEMCTL] },
  'persistenced-failed': { files: [SYSTEMCTL] },
  'peermem-missing': { files: ['proc/modules', 'sys/module/nvidia_peermem/refcnt'] },
  acs: { files: ['commands/lspci_-D_-n_-vv_-d_::0604.out'] },
  'pkey-missing@mlx5_2': { files: [`${NIC2}/ports/1/pkeys/0`] },
  'nic-pcie-width@mlx5_2': {
    files: [`${NIC2}/device/current_link_width`, 'sys/bus/pci/devices/0000:4f:00.0/current_link_width'],
  },
  'nic-hot@mlx5_2': { files: [`${NIC2}/device/hwmon/hwmon3/temp1_input`] },
  'optics-hot@mlx5_2': { files: [`${NIC2}/device/hwmon/hwmon3/temp2_input`] },
  'nic-firmware-hung@mlx5_2': { files: ['kmsg'] },
  'roce-pausing@mlx5_2': { machine: 'hgx-h100-8-roce', files: ['commands/ethtool_-S_enp79s0np0.out'] },
  'roce-misconfigured@mlx5_2': {
    machine: 'hgx-h100-8-roce',
    files: [
      'commands/dcb_app_show_dev_enp79s0np0_dscp-prio.out',
      'commands/dcb_pfc_show_dev_enp79s0np0.out',
      `${NIC2}/device/net/enp79s0np0/mtu`,
      'sys/class/net/enp79s0np0/mtu',
    ],
  },
  'host-pressure': { files: ['cpu', 'io', 'memory'].map((name) => `proc/pressure/${name}`) },
  'stuck-task': { files: ['kmsg', ...['stat', 'status', 'wchan'].map((name) => `proc/51920/${name}`)] },
  'stuck-driver-task': { files: ['stat', 'status', 'wchan'].map((name) => `proc/51921/${name}`) },
  'soft-lockup': { files: ['kmsg'] },
  'kernel-oops': { files: ['kmsg'] },
  oom: { files: ['kmsg'] },
  'nccl-crash': { files: ['kmsg'] },
  'low-memory': { files: ['proc/meminfo'] },
  'cpus-offline': { files: ['sys/devices/system/cpu/online'] },
  powersave: { files: ['policy0', 'policy1'].map((name) => `sys/devices/system/cpu/cpufreq/${name}/scaling_governor`) },
  'clock-unsynchronised': {
    files: ['commands/chronyc_-n_-c_tracking.out', 'commands/timedatectl_show_-p_NTPSynchronized.out'],
  },
  'slow-clocksource': { files: ['sys/devices/system/clocksource/clocksource0/current_clocksource'] },
  'threads-exhausted': { files: ['proc/loadavg'] },
  'disk-full': { files: [DF] },
  'read-only-root': { files: ['kmsg', 'proc/1/mountinfo'] },
  'nfs-down': { files: ['kmsg'] },
  'nvme-dead': { files: ['kmsg', 'sys/class/nvme/nvme4/nvme4n1/size', 'sys/class/nvme/nvme4/state'] },
  'raid-degraded': { files: ['kmsg', 'proc/mdstat'] },
};

describe('a fault changes what it is about and nothing else', () => {
  test.each(Object.entries(CHANGES))('%s', (fault, expected) => {
    const { machine = 'hgx-h100-8' } = expected;
    const healthy = treeOf(machine);
    const broken = treeOf(`${machine}+${fault}`);
    expect(changedPaths(healthy, broken)).toEqual([...expected.files].sort());
    if (expected.leaves) {
      expect(changedLeaves(file(healthy, XML), file(broken, XML))).toEqual(
        expected.leaves.map((leaf) => `${GPU3} ${leaf}`),
      );
    }
  });

  test('every fault of the table is in the list above, or is about load or a whole driver', () => {
    const tested = new Set(Object.keys(CHANGES).map((name) => name.replace(/@.*/, '').replace('xid79', 'xid<N>')));
    expect(FAULTS.map((fault) => fault.name).filter((name) => !tested.has(name))).toEqual(['busy', 'no-driver']);
  });

  test('faults of several components do not meet', () => {
    const both = treeOf('hgx-h100-8+hot@gpu1+lost@gpu3');
    expect(changedLeaves(file(treeOf('hgx-h100-8+lost@gpu3'), XML), file(both, XML))).toEqual([
      '00000000:43:00.0 temperature/gpu_temp',
      '00000000:43:00.0 temperature/gpu_temp_tlimit',
    ]);
  });

  test('the order of faults on the command line does not matter', () => {
    expect([...treeOf('hgx-h100-8+hot@gpu2+busy')]).toEqual([...treeOf('hgx-h100-8+busy+hot@gpu2')]);
  });
});

describe.each(MACHINE_NAMES)('%s', (name) => {
  const machine = machineNamed(name);
  const fitting = FAULTS.map((fault) => (fault.name === 'xid<N>' ? 'xid95' : fault.name)).filter(
    (fault) => faultApplies(machine, fault).ok,
  );
  // A reset shows by what was counted before it; test/mock/inject.test.ts has those.
  test.each(fitting.filter((fault) => fault !== 'gpu-reset'))('%s shows without naming a component', (fault) => {
    expect(changedPaths(treeOf(name), treeOf(`${name}+${fault}`))).not.toEqual([]);
  });

  test.each(
    fitting.filter((fault) =>
      ['ecc', 'throttle', 'power-brake', 'ib-flap', 'ib-errors', 'roce-pausing'].includes(fault),
    ),
  )('%s rises between two samples a second apart', (fault) => {
    const numbers = (seconds: number): string => {
      const [healthy, broken] = [treeOf(name, seconds), treeOf(`${name}+${fault}`, seconds)];
      // Where the driver has no counters (before 580) only the flag can show.
      return changedPaths(healthy, broken)
        .map((path) => (path === XML ? changedLeafTexts(file(broken, XML), fault) : file(broken, path)))
        .join('\n');
    };
    const countersExist = !(name === 'hgx-a100-8' && ['throttle', 'power-brake'].includes(fault));
    expect(numbers(0) !== numbers(1)).toBe(countersExist);
  });
});

const changedLeafTexts = (xml: string, fault: string): string =>
  (fault === 'ecc'
    ? xml.match(/<dram_uncorrectable>\d+/g)
    : xml.match(/clocks_event_reasons_counters_hw_\w+>\d+/g)
  )?.join() ?? '';

/** Where the counters of a port stop (InfiniBand Architecture Specification 16.1.3.5). */
const LAST: Readonly<Record<string, number>> = {
  excessive_buffer_overrun_errors: 15,
  local_link_integrity_errors: 15,
  link_downed: 255,
  link_error_recovery: 255,
  port_rcv_errors: 65_535,
  port_xmit_discards: 65_535,
  symbol_error: 65_535,
  port_xmit_wait: 2 ** 32 - 1,
};
test.each(['', '+ib-down', '+ib-flap', '+ib-errors'])(
  'no port counter%s comes to its end, whatever the seed',
  (fault) => {
    for (const [seed, seconds] of [
      ['test', 0],
      ['a', 199],
      ['b', 3600],
      ['c', 86_400],
    ] as const) {
      for (const [path, text] of treeOf(`hgx-h100-8${fault}`, seconds, seed)) {
        const last = LAST[path.split('/').at(-1) ?? ''];
        if (last !== undefined) expect(Number(text), `${path}, seed ${seed}`).toBeLessThan(last);
      }
    }
  },
);

describe('what broken machines say', () => {
  test('a lost GPU keeps its name and answers nothing else of the moment', () => {
    const tree = treeOf('hgx-h100-8+lost@gpu3');
    const xml = file(tree, XML);
    expect(xml.match(/GPU is lost/g)).toHaveLength(29);
    expect(xml).toContain('<attached_gpus>8</attached_gpus>');
    expect(xml).toContain('<remapped_rows>GPU is lost</remapped_rows>');
    expect(changedLeaves(file(treeOf('hgx-h100-8'), XML), xml).every((leaf) => leaf.startsWith(GPU3))).toBe(true);
  });

  test('a missing GPU is on the bus, and nvidia-smi counts without it', () => {
    const tree = treeOf('hgx-h100-8+missing@gpu3');
    expect(file(tree, XML)).toContain('<attached_gpus>7</attached_gpus>');
    expect(file(tree, XML)).not.toContain(GPU3);
    // The minor number belongs to the device node, the index is only a place in the list.
    expect(file(tree, XML)).toContain('<minor_number>7</minor_number>');
    expect(file(tree, 'commands/nvidia-smi_-L.out').split('\n').at(-2)).toMatch(/^GPU 6: /);
    expect(file(tree, `${PCI3}/uevent`)).toContain('PCI_SLOT_NAME=0000:61:00.0');
  });

  test.each([
    [79, /^4,\d+,\d+,-;NVRM: Xid \(PCI:0000:61:00\): 79, pid=\d+, name=python3, GPU has fallen off the bus\.$/m],
    [63, /63, .*Row Remapper: New row \(0x[0-9a-f]+\) marked for remapping, reset gpu to activate/],
    [154, /154, GPU recovery action changed from 0x0 \(None\) to 0x1 \(GPU Reset Required\)/],
    [149, /149, NETIR_LINK_EVT {2}Fatal/],
    [9999, /NVRM: Xid \(PCI:0000:61:00\): 9999, /],
  ])('Xid %i is worded as the driver words it', (code, expected) => {
    expect(file(treeOf(`hgx-h100-8+xid${code}@gpu3`), 'kmsg')).toMatch(expected);
  });

  test('a driver that hangs, breaks, mismatches or is absent', () => {
    expect(file(treeOf('hgx-h100-8+hung-smi'), 'commands/nvidia-smi_-q_-x.exit')).toBe(
      'hung: the driver does not answer',
    );
    expect(file(treeOf('hgx-h100-8+broken-smi'), 'commands/nvidia-smi_-q_-x.exit')).toBe('255');
    const mismatch = treeOf('hgx-h100-8+driver-mismatch');
    expect(file(mismatch, XML)).toBe(
      'Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.159\n',
    );
    expect(file(mismatch, 'commands/nvidia-smi_-q_-x.exit')).toBe('18');
    expect(file(mismatch, 'proc/driver/nvidia/version')).toContain('580.105.08');
    const absent = treeOf('hgx-h100-8+no-driver');
    expect(absent.has('proc/driver/nvidia/version')).toBe(false);
    expect(file(absent, `${PCI3}/uevent`)).not.toContain('DRIVER=');
  });

  test.each([
    ['hgx-h100-8', ['status']],
    ['hgx-b200-8', ['health/summary']],
    ['gb200-nvl72', ['health/bandwidth', 'health/route_unhealthy', 'health/summary']],
  ])('on %s a degraded fabric shows in %j', (name, leaves) => {
    const bus = file(treeOf(name), XML).match(/<gpu id="(.*?)"/)?.[1] ?? '';
    expect(changedLeaves(file(treeOf(name), XML), file(treeOf(`${name}+fabric-degraded`), XML))).toEqual(
      leaves.map((leaf) => `${bus} fabric/${leaf}`),
    );
  });
});
