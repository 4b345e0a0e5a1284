/** Text that `nvidia-smi --query-gpu=… --format=csv -l SECONDS` would log on a node of H100 GPUs, deterministic. */
export interface LogShape {
  readonly node: number;
  readonly gpus?: number;
  readonly minutes?: number;
  readonly everySeconds?: number;
  /** `YYYY/MM/DD HH:MM` at which the log starts, by the clock of the node. */
  readonly startsAt?: string;
  /** The first and the last minute of work. */
  readonly busy?: readonly [from: number, to: number];
  /** Which GPU is held back by heat, from which minute on. */
  readonly hot?: { readonly gpu: number; readonly from: number; readonly to?: number };
  readonly header?: boolean;
}

export const HEADER =
  'timestamp, index, uuid, name, pci.bus_id, utilization.gpu [%], clocks.current.sm [MHz], power.draw [W], enforced.power.limit [W], power.default_limit [W], temperature.gpu, clocks_event_reasons_counters.sw_thermal_slowdown [us]';

const START = '2026/11/26 14:00';

const two = (value: number): string => String(value).padStart(2, '0');

const stamp = (start: string, seconds: number): string => {
  const at = new Date(Date.parse(`${start.replaceAll('/', '-').replace(' ', 'T')}:00Z`) + seconds * 1000);
  const date = `${at.getUTCFullYear()}/${two(at.getUTCMonth() + 1)}/${two(at.getUTCDate())}`;
  return `${date} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}.250`;
};

/** A few per mille, as sensors have; the same in every run. */
const noise = (seed: number): number => {
  const x = Math.sin(seed * 12.9898) * 43758.5453;
  return (x - Math.floor(x) - 0.5) * 0.006;
};

export const uuidOf = (node: number, gpu: number): string =>
  `GPU-${String(node).padStart(8, '0')}-0000-4000-8000-${String(gpu).padStart(12, '0')}`;

/** One line a GPU and sampling. */
export const logLines = (o: LogShape): readonly string[] => {
  const { node, gpus = 8, minutes = 60, everySeconds = 10, startsAt = START, busy = [0, minutes], hot } = o;
  const lines: string[] = [];
  const throttled = new Array<number>(gpus).fill(0);
  for (let second = 0; second < minutes * 60; second += everySeconds) {
    const minute = second / 60;
    const isBusy = minute >= busy[0] && minute < busy[1];
    for (let gpu = 0; gpu < gpus; gpu += 1) {
      const isHot = isBusy && hot?.gpu === gpu && minute >= hot.from && minute < (hot.to ?? minutes);
      if (isHot) throttled[gpu] = (throttled[gpu] ?? 0) + everySeconds * 0.4e6;
      const jitter = 1 + noise(node * 1e5 + gpu * 1e4 + second);
      const clock = isBusy ? Math.round(((isHot ? 1620 : 1920) * jitter) / 15) * 15 : 345;
      const watts = (isBusy ? (isHot ? 560 : 660) : 72) * jitter;
      const celsius = isBusy ? (isHot ? 88 : 64) : 31;
      lines.push(
        [
          stamp(startsAt, second),
          gpu,
          uuidOf(node, gpu),
          'NVIDIA H100 80GB HBM3',
          `00000000:${two(gpu + 10)}:00.0`,
          `${isBusy ? 99 : 0} %`,
          `${clock} MHz`,
          `${watts.toFixed(2)} W`,
          '700.00 W',
          '700.00 W',
          celsius,
          `${throttled[gpu]} us`,
        ].join(', '),
      );
    }
  }
  return lines;
};

export const logText = (o: LogShape): string =>
  `${[...(o.header === false ? [] : [HEADER]), ...logLines(o)].join('\n')}\n`;
