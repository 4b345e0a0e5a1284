import { silent } from '../../support/nic-files.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { type RawMachine, simulated } from '../../support/raw-machine.ts';

const XML = 'commands/nvidia-smi_-q_-x.out';
const NVLINKS = 'commands/nvidia-smi_nvlink_-s.out';
const TOPOLOGY = 'commands/nvidia-smi_topo_-m.out';
const PORT = 'sys/class/infiniband/mlx5_1/ports/1';

/** Changes the text of one GPU in the nvidia-smi XML. */
const ofGpu =
  (index: number, change: (gpu: string) => string) =>
  (xml: string): string =>
    xml
      .split(/(?=<gpu id=)/)
      .map((part, at) => (at === index + 1 ? change(part) : part))
      .join('');
const gpu = (index: number, change: (gpu: string) => string) => simulated().with({ [XML]: ofGpu(index, change) });
const set = (tag: string, value: string) => (text: string) =>
  text.replaceAll(new RegExp(`<${tag}>[^<]*<`, 'g'), `<${tag}>${value}<`);

/** The driver's limit, and not that of the whole module, whose fields bear the same names. */
const limited =
  (watts: number, own = 700) =>
  (text: string) =>
    text
      .replace('<current_power_limit>700.00 W<', `<current_power_limit>${watts}.00 W<`)
      .replace('<default_power_limit>700.00 W<', `<default_power_limit>${own}.00 W<`);
const applicationClocks = (megahertz: number) => (text: string) =>
  text.replace(/(<applications_clocks>\s*<graphics_clock>)\d+/, (_, before: string) => `${before}${megahertz}`);
const highestClock = (megahertz: number) => (text: string) =>
  text.replace(/(<max_clocks>[\s\S]*?<sm_clock>)\d+/, (_, before: string) => `${before}${megahertz}`);
const rows = (correctable: number, uncorrectable: number) => (text: string) =>
  set('remapped_row_corr', `${correctable}`)(set('remapped_row_unc', `${uncorrectable}`)(text));

/** Three looks half an hour apart; the GPU is held back for so many seconds between the first two of them. */
const slowed = (
  counter: string,
  seconds: number,
  o: { readonly gpus?: readonly number[]; readonly from?: number } = {},
) =>
  (o.gpus ?? [4]).reduce<RawMachine>(
    (machine, index) =>
      machine.with(
        {
          [XML]: ofGpu(index, set(`clocks_event_reasons_counters_${counter}`, `${seconds * 1e6} us`)),
        },
        { from: o.from ?? 1 },
      ),
    simulated('hgx-h100-8', [0, 1800, 3600]),
  );

/** Links of one GPU, by their number. */
const linksOf = (index: number, change: (line: string, link: number) => string) => (text: string) =>
  text
    .split(/(?=^GPU \d+:)/m)
    .map((part) =>
      part.startsWith(`GPU ${index}:`)
        ? part.replace(/Link (\d+): .*/g, (line, link: string) => change(line, Number(link)))
        : part,
    )
    .join('');
const inactive = (line: string): string => line.replace(/: .*/, ': <inactive>');

const waits = (avg60: number, avg300: number) => (text: string) =>
  text.replace(
    /some avg10=\S+ avg60=\S+ avg300=\S+/,
    `some avg10=0.00 avg60=${avg60.toFixed(2)} avg300=${avg300.toFixed(2)}`,
  );
const waiting = (resource: 'cpu' | 'memory' | 'io', avg60: number, avg300 = avg60) =>
  simulated().with({ [`proc/pressure/${resource}`]: waits(avg60, avg300) });

const symbols = (device: string, by: number) => (machine: RawMachine) =>
  machine.with(
    { [`sys/class/infiniband/${device}/ports/1/counters/symbol_error`]: (text) => `${Number(text) + by}\n` },
    { from: 1 },
  );
/** These GPUs reach every NIC through the CPU. */
const astray = (gpus: string) => (text: string) =>
  text.replaceAll(new RegExp(`^(GPU[${gpus}]\\t.*)PXB`, 'gm'), '$1NODE');
const anHour = () => simulated('hgx-h100-8', [0, 3600]);

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    // What all have alike makes none of them a straggler.
    simulated().with({
      [XML]: (xml) => xml.replaceAll('<current_power_limit>700.00 W<', '<current_power_limit>500.00 W<'),
    }),
    simulated().with({ [XML]: (xml) => xml.replaceAll(/(<applications_clocks>\s*<graphics_clock>)\d+/g, '$11410') }),
    simulated().with({ [XML]: (xml) => xml.replaceAll('<current_link_width>16x<', '<current_link_width>8x<') }),
    simulated().with({ [NVLINKS]: (text) => text.replaceAll(/Link [0-8]: .*/g, inactive) }),
    slowed('hw_therm_slowdown', 1200, { gpus: [0, 1, 2, 3, 4, 5, 6, 7] }),
    // Within a watt of its siblings, as drivers round it; one row below the limit; throttled for 1 % of the time.
    gpu(2, limited(699)),
    gpu(2, rows(4, 5)),
    slowed('hw_therm_slowdown', 36),
    // A link that is rounded otherwise.
    simulated().with({ [NVLINKS]: linksOf(2, (line, link) => (link === 3 ? line.replace('26.562', '26.300') : line)) }),
    // What idles at a lower generation, and application clocks that are not printed any more.
    gpu(2, set('current_link_gen', '1')),
    simulated().with({ [XML]: (xml) => xml.replaceAll(/<applications_clocks>[\s\S]*?<\/applications_clocks>/g, '') }),
    // Exactly at the limits of pressure, a burst that is not yet five minutes old, and what is over.
    waiting('cpu', 40),
    waiting('memory', 10),
    waiting('io', 40),
    waiting('cpu', 99, 39),
    waiting('cpu', 39, 99),
    // Errors of all ports come from what they share, and few of one are none.
    ['mlx5_0', 'mlx5_1', 'mlx5_2', 'mlx5_3', 'mlx5_4', 'mlx5_5', 'mlx5_6', 'mlx5_7', 'mlx5_8', 'mlx5_9'].reduce(
      (machine, device) => symbols(device, 4000)(machine),
      anHour(),
    ),
    symbols('mlx5_1', 120)(anHour()),
    // Where half of the GPUs have no NIC nearby, the matrix tells nothing of rails.
    simulated().with({ [TOPOLOGY]: astray('4567') }),
    // A port that is down is for network/link-down.
    simulated().with({ [`${PORT}/state`]: '1: DOWN\n', [`${PORT}/rate`]: '10 Gb/sec (4X SDR)\n' }),
  ],
  findings: {
    'power-limit-lowered': [
      {
        on: gpu(2, limited(500)),
        about: ['gpu2'],
        severity: 'INFO',
        saying: /GPU 2 may draw 500 W, its default is 700 W/,
      },
      // A board that may draw less by its own default is reported by nobody else.
      {
        on: gpu(2, limited(600, 600)),
        about: ['gpu2'],
        severity: 'WARNING',
        saying: /GPU 2 may draw 600 W, its siblings may draw 700 W/,
      },
      { on: gpu(2, limited(698)), about: ['gpu2'], severity: 'INFO' },
    ],
    'clocks-locked': [
      {
        on: gpu(6, applicationClocks(1410)),
        about: ['gpu6'],
        severity: 'WARNING',
        saying: /application clocks of GPU 6 are set to 1410 MHz; its default is 1980 MHz/,
      },
      { on: gpu(6, applicationClocks(1979)), about: ['gpu6'] },
    ],
    'max-clock-lower': [
      {
        on: gpu(1, highestClock(1755)),
        about: ['gpu1'],
        severity: 'WARNING',
        saying: /the highest clock of GPU 1 is 1755 MHz; its siblings reach 1980 MHz/,
      },
      { on: gpu(1, highestClock(1979)), about: ['gpu1'] },
    ],
    'pcie-degraded': [
      {
        on: gpu(5, set('current_link_width', '8x')),
        about: ['gpu5'],
        severity: 'INFO',
        saying: /GPU 5 is connected by Gen5 x8, its siblings by Gen5 x16/,
      },
      { on: gpu(5, set('max_link_gen', '4')), about: ['gpu5'], saying: /Gen4 x16, its siblings by Gen5 x16/ },
    ],
    'nvlinks-fewer': [
      {
        on: simulated().with({ [NVLINKS]: linksOf(3, (line, link) => (link === 7 ? inactive(line) : line)) }),
        about: ['gpu3'],
        severity: 'INFO',
        saying: /GPU 3 has 17 NVLinks up, its siblings 18/,
      },
      { on: simulated('hgx-h100-8+nvlink-down@gpu4'), about: ['gpu4'] },
    ],
    'nvlink-slower': {
      on: simulated().with({
        [NVLINKS]: linksOf(3, (line, link) => (link === 4 ? line.replace('26.562', '26.290') : line)),
      }),
      about: ['gpu3'],
      severity: 'WARNING',
      saying: /NVLink 4 of GPU 3 runs at 26\.29 GB\/s; the links of its siblings at 26\.562 GB\/s/,
    },
    'port-slower': {
      on: simulated('hgx-h100-8+ib-rate@mlx5_1'),
      about: ['mlx5_1'],
      severity: 'INFO',
      saying: /^mlx5_1 is up at 200 Gb\/s, the ports like it at 400 Gb\/s/,
    },
    'port-errors': [
      {
        on: symbols('mlx5_1', 4000)(anHour()),
        about: ['mlx5_1'],
        severity: 'INFO',
        saying: /^mlx5_1: symbol_error grew by 4000 in .*; by 0 on the ports like it/,
      },
      { on: symbols('mlx5_1', 121)(anHour()), about: ['mlx5_1'] },
      // One of the ports like it does not count that.
      {
        on: symbols('mlx5_1', 4000)(anHour()).without('sys/class/infiniband/mlx5_2/ports/1/counters/symbol_error'),
        about: ['mlx5_1'],
      },
    ],
    'wrong-rail': [
      {
        on: simulated().with({ [TOPOLOGY]: astray('3') }),
        about: ['gpu3'],
        severity: 'INFO',
        saying: /GPU 3 reaches its nearest compute NIC over NODE; 7 of 8 GPUs have one below their PCIe switch/,
      },
      {
        on: simulated().with({ [TOPOLOGY]: astray('567') }),
        about: ['gpu5', 'gpu6', 'gpu7'],
        saying: /5 of 8 GPUs/,
      },
      // A storage NIC nearby is of no use to it.
      {
        on: simulated().with({
          [TOPOLOGY]: (text) =>
            astray('3')(text)
              .split('\n')
              .map((row) =>
                row.startsWith('GPU3\t')
                  ? row
                      .split('\t')
                      .with(1 + 8 + 8, 'PIX')
                      .join('\t')
                  : row,
              )
              .join('\n'),
        }),
        about: ['gpu3'],
      },
    ],
    'remapped-rows': {
      on: gpu(7, rows(4, 6)),
      about: ['gpu7'],
      severity: 'WARNING',
      saying: /GPU 7 has 10 remapped rows; from 10 on a GPU is at risk/,
    },
    'thermal-throttle': [
      {
        on: slowed('hw_therm_slowdown', 720),
        about: ['gpu4'],
        severity: 'WARNING',
        saying: /GPU 4 was slowed down for heat 20 % of the last 60 min; its siblings 0 %/,
      },
      // A counter may run ahead of the clock, and no GPU is slowed down for more than all the time.
      { on: slowed('hw_therm_slowdown', 4000), about: ['gpu4'], saying: /slowed down for heat 100 %/ },
      // What goes on now is reported by thermal/ already.
      { on: slowed('hw_therm_slowdown', 720, { from: 2 }), about: ['gpu4'], severity: 'INFO' },
    ],
    'sw-thermal-throttle': {
      on: slowed('sw_therm_slowdown', 720),
      about: ['gpu4'],
      severity: 'WARNING',
      saying: /GPU 4 was slowed down by its driver for heat 20 %/,
    },
    'power-brake': {
      on: slowed('hw_power_brake', 720),
      about: ['gpu4'],
      severity: 'WARNING',
      saying: /GPU 4 was slowed down by the power brake 20 %/,
    },
    'host-pressure': [
      {
        on: waiting('cpu', 40.5),
        about: ['node'],
        severity: 'WARNING',
        saying: /tasks of the node waited for a CPU in 40\.5 % of the last 5 min/,
      },
      { on: waiting('memory', 10.5), about: ['node'], severity: 'WARNING', saying: /waited for memory in 10\.5 %/ },
      // The worst of several is what is furthest above its limit.
      {
        on: waiting('cpu', 45).with({ 'proc/pressure/memory': waits(30, 30) }),
        about: ['node'],
        saying: /waited for memory in 30 %/,
      },
      // One task that copies files makes it high on an idle node.
      { on: waiting('io', 97), about: ['node'], severity: 'INFO', saying: /waited for input and output in 97 %/ },
      // A job at work makes tasks wait itself.
      {
        on: simulated('hgx-h100-8+busy').with({ 'proc/pressure/cpu': waits(71, 55) }),
        about: ['node'],
        severity: 'INFO',
        saying: /waited for a CPU in 55 %/,
      },
    ],
  },
  skipped: simulated()
    .without('sys/bus/pci/devices/**', 'sys/module/nvidia/**')
    .failing({ 'commands/nvidia-smi_-q_-x': 'no-tool: nvidia-smi is not on PATH' }),
  unknown: [
    simulated('hgx-h100-8+lost@gpu2'),
    simulated().failing({ 'proc/pressure/memory': 'denied: EACCES' }),
    simulated().failing({ 'sys/class/infiniband': 'denied: EACCES' }),
    // It may be the NIC of any GPU near it.
    simulated().failing(silent('mlx5_3')),
    simulated().failing({ 'commands/nvidia-smi_topo_-m': 'timeout: no answer in 5 s' }),
    simulated().failing({ 'commands/nvidia-smi_-q_-x': 'timeout: no answer in 25 s' }),
  ],
} satisfies Outcomes;
