import { describe, expect, test } from 'vitest';
import { simulate } from './simulate.ts';
import { FULL_CSV, USUAL_DISTURBANCES } from './spec.ts';
import { faultOf, jobSpec, rowsOf } from './support.ts';

const textOf = (seed: string): string =>
  [...simulate(jobSpec({ faults: [faultOf('thermal')], disturbances: USUAL_DISTURBANCES }), seed).ticks()]
    .flatMap(({ atMs, nodes }) => nodes.map(({ csv, files }) => `${atMs}\n${csv}\n${[...(files ?? [])].join('\n')}`))
    .join('\n');

describe('the same seed', () => {
  test('gives the same text, another seed another', () => {
    const text = textOf('a');
    expect(textOf('a')).toBe(text);
    expect(textOf('b')).not.toBe(text);
  });

  test('gives the same truth and the same steps', () => {
    const both = [1, 2].map(() => simulate(jobSpec({ faults: [faultOf('cpu_hog')], durationSeconds: 2400 }), 'a'));
    expect(both[1]?.truth).toEqual(both[0]?.truth);
    expect([...(both[1]?.steps() ?? [])].slice(-16)).toEqual([...(both[0]?.steps() ?? [])].slice(-16));
  });
});

describe('a line', () => {
  const spec = jobSpec({ durationSeconds: 120, format: { ...FULL_CSV, applicationClocks: true, remappedRows: true } });

  test('has a value as nvidia-smi prints it under each name of the header', () => {
    const shapes: Readonly<Record<string, RegExp>> = {
      timestamp: /^2026\/01\/05 00:0\d:\d\d\.\d{3}$/,
      index: /^[0-7]$/,
      uuid: /^GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      'pci.bus_id': /^00000000:[0-9A-F]{2}:00\.0$/,
      name: /^NVIDIA H100 80GB HBM3$/,
      'utilization.gpu [%]': /^\d{1,3} %$/,
      'clocks.current.sm [MHz]': /^\d{3,4} MHz$/,
      'power.draw [W]': /^\d{2,3}\.\d\d W$/,
      'enforced.power.limit [W]': /^700\.00 W$/,
      'power.default_limit [W]': /^700\.00 W$/,
      'temperature.gpu': /^\d\d$/,
      'temperature.memory': /^\d\d$/,
      'pcie.link.gen.current': /^5$/,
      'pcie.link.width.current': /^16$/,
      'clocks_event_reasons.sw_power_cap': /^(Not )?Active$/,
      'clocks_event_reasons.hw_thermal_slowdown': /^Not Active$/,
      'clocks_event_reasons_counters.sw_power_cap [us]': /^\d+ us$/,
      'clocks.applications.graphics [MHz]': /^1980 MHz$/,
      'remapped_rows.uncorrectable': /^0$/,
    };
    const rows = rowsOf(spec);
    expect(rows).toHaveLength(8 * 16);
    for (const { cells } of rows) {
      for (const [column, shape] of Object.entries(shapes)) expect(cells[column], column).toMatch(shape);
    }
  });

  test('has as many values as the header has names, in each format', () => {
    for (const format of [
      FULL_CSV,
      spec.format,
      { ...FULL_CSV, counters: false, reasons: 'clocks_throttle_reasons' as const },
      { ...FULL_CSV, columns: 'few' as const },
    ]) {
      const job = simulate({ ...spec, format }, 's');
      const [node] = job.nodes;
      for (const { nodes } of job.ticks()) {
        for (const line of nodes[0]?.csv.split('\n') ?? []) {
          expect(line.split(', ')).toHaveLength(node?.header.split(', ').length ?? 0);
          expect(line).not.toMatch(/NaN|undefined|, -/);
        }
      }
    }
  });

  test('without units keeps them in the header', () => {
    const [row] = rowsOf({ ...spec, format: { ...FULL_CSV, units: false } });
    expect(row?.cells['power.draw [W]']).toMatch(/^\d+\.\d\d$/);
    expect(row?.cells['clocks_event_reasons_counters.sw_power_cap [us]']).toMatch(/^\d+$/);
  });

  test('of an older driver names throttle reasons and has no counters', () => {
    const job = simulate(
      {
        ...spec,
        products: ['v100', 'v100', 'v100', 'v100'],
        format: { ...FULL_CSV, reasons: 'clocks_throttle_reasons', counters: false },
      },
      's',
    );
    expect(job.nodes[0]?.header).toContain('clocks_throttle_reasons.hw_slowdown');
    expect(job.nodes[0]?.header).not.toContain('counters');
    expect(job.nodes[0]?.gpus).toHaveLength(4);
  });
});

describe('what goes wrong with the observation', () => {
  const column = 'clocks_event_reasons_counters.sw_power_cap [us]';
  const capped = { ...jobSpec().workload, load: 1.3 };

  test('counters only grow, until the driver is loaded again', () => {
    const totals = (resets: readonly { node: number; atSeconds: number }[]): readonly number[] =>
      rowsOf(jobSpec({ workload: capped, disturbances: { ...jobSpec().disturbances, counterResets: resets } }))
        .filter(({ node, cells }) => node === 'node-002' && cells.index === '0')
        .map(({ cells }) => Number.parseInt(cells[column] ?? '', 10));
    const falls = (values: readonly number[]): number =>
      values.filter((value, i) => value < (values[i - 1] ?? 0)).length;
    expect(falls(totals([]))).toBe(0);
    expect(falls(totals([{ node: 1, atSeconds: 2700 }]))).toBe(1);
  });

  test('lost scrapes are empty, a late node and a node that left say nothing', () => {
    const job = simulate(
      jobSpec({
        disturbances: {
          ...jobSpec().disturbances,
          lostScrapes: 0.1,
          joins: [{ node: 0, atSeconds: 600 }],
          leaves: [{ node: 1, atSeconds: 4800 }],
        },
      }),
      's',
    );
    const ticks = [...job.ticks()];
    expect(ticks.slice(0, 40).every(({ nodes }) => nodes[0]?.csv === '')).toBe(true);
    expect(ticks.slice(-40).every(({ nodes }) => nodes[1]?.csv === '')).toBe(true);
    const lost = ticks.slice(40).filter(({ nodes }) => nodes[0]?.csv === '').length;
    expect(lost).toBeGreaterThan(10);
    expect(lost).toBeLessThan(70);
  });

  test('a call that hangs answers late, and the calls behind it not at all', () => {
    const rows = rowsOf(
      jobSpec({ intervalSeconds: 5, disturbances: { ...jobSpec().disturbances, stallsPerHour: 20 } }),
    ).filter(({ node, cells }) => node === 'node-001' && cells.index === '0');
    const seconds = rows.map(
      ({ cells }) => Date.parse(`${cells.timestamp?.replaceAll('/', '-').replace(' ', 'T')}Z`) / 1000,
    );
    const gaps = seconds.slice(1).map((second, i) => second - (seconds[i] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeGreaterThan(15);
  });

  test('the series of a GPU can end while its node goes on', () => {
    const rows = rowsOf(
      jobSpec({ disturbances: { ...jobSpec().disturbances, vanished: [{ node: 0, gpu: 2, atSeconds: 1200 }] } }),
    );
    const last = rows.slice(-16);
    expect(last.some(({ node, cells }) => node === 'node-001' && cells.index === '3')).toBe(true);
    const mine = rows.filter(({ node, cells }) => node === 'node-001' && cells.index === '2');
    expect(mine).toHaveLength(1200 / 15);
  });
});

describe('the files of a node', () => {
  const filesAt = (kind: 'cpu_hog' | 'infiniband_rate' | 'infiniband_width' | 'infiniband_flap' | 'nvlink_lane') => {
    const job = simulate(jobSpec({ faults: [faultOf(kind)] }), 's');
    return [...job.ticks()]
      .flatMap(({ nodes: [, node] }) => (node?.files === undefined ? [] : [node.files]))
      .map((files) => (path: string) => files.get(path) ?? '');
  };
  const port = '/sys/class/infiniband/mlx5_3/ports/1';

  test('come once a minute, as the kernel prints them', () => {
    const all = filesAt('cpu_hog');
    expect(all).toHaveLength(90);
    expect(all[0]?.('/proc/pressure/cpu')).toMatch(
      /^some avg10=\d+\.\d\d avg60=\d+\.\d\d avg300=\d+\.\d\d total=\d+\nfull avg10=0\.00 /,
    );
    expect(all[0]?.(`${port}/rate`)).toBe('400 Gb/sec (4X NDR)\n');
    expect(all[0]?.('nvidia-smi nvlink -s')).toMatch(
      /^GPU 0: NVIDIA H100 80GB HBM3 \(UUID: GPU-.*\)\n\t Link 0: 26\.562 GB\/s\n/,
    );
  });

  test('tell the pressure of a busy host', () => {
    const pressure = filesAt('cpu_hog').map((file) => Number(/avg60=(\S+)/.exec(file('/proc/pressure/cpu'))?.[1]));
    expect(Math.max(...pressure.slice(0, 29))).toBeLessThan(5);
    expect(Math.min(...pressure.slice(40))).toBeGreaterThan(10);
  });

  test('tell a slow link, a narrow link, a link that was down and NVLinks that are', () => {
    expect(filesAt('infiniband_rate').at(-1)?.(`${port}/rate`)).toBe('200 Gb/sec (4X HDR)\n');
    expect(filesAt('infiniband_width').at(-1)?.(`${port}/rate`)).toBe('200 Gb/sec (2X NDR)\n');
    expect(Number(filesAt('infiniband_flap').at(-1)?.(`${port}/counters/link_downed`))).toBeGreaterThan(30);
    expect(filesAt('nvlink_lane').at(-1)?.('nvidia-smi nvlink -s')).toContain('Link 3: <inactive>');
  });
});
