import { MINUTE_MS } from '../../../../src/parse/prometheus/minutes.ts';
import { type Asked, success } from './query-server.ts';

/** `name{labels}` and one value a minute from the first on; `_` is stale. As promtool's unit tests write it. */
export type SeriesText = readonly [series: string, values: string];

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly string[];
}

const seriesOf = ([text, values]: SeriesText): Series => {
  const [, name = '', inside = ''] = /^(\w+)\{(.*)\}$/.exec(text) ?? [];
  const labels = Object.fromEntries(
    [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, JSON.parse(`"${value}"`)]),
  );
  const expanded = values.split(' ').flatMap((part) => {
    const [, value = part, times = '1'] = /^(.+)x(\d+)$/.exec(part) ?? [];
    return Array.from({ length: Number(times) }, () => value);
  });
  return { labels: { __name__: name, ...labels }, values: expanded };
};

/** A selector of PromQL: a name, or matchers, or both. */
const matches = ({ labels }: Series, selector: string): boolean => {
  const [, name = '', inside = ''] = /^(\w*)(?:\{(.*)\})?$/.exec(selector.trim()) ?? [];
  if (name !== '' && labels.__name__ !== name) return false;
  return [...inside.matchAll(/(\w+)(=~|=)"((?:[^"\\]|\\.)*)"/g)].every(([, key = '', operator, quoted = '']) => {
    const value = JSON.parse(`"${quoted}"`) as string;
    const own = labels[key] ?? '';
    return operator === '=' ? own === value : new RegExp(`^(?:${value})$`).test(own);
  });
};

const inRange = /last_over_time\(([^[]+)\[(\d+)m\]\)/g;

/**
 * Answers the questions of `framesOfJobs` from a table of series, as Prometheus does: the last sample at each minute. The
 * fleet test asks a real one.
 */
export const fakeFleet = (table: readonly SeriesText[], endMs: number) => {
  const all = table.map(seriesOf);
  const minutes = Math.max(...all.map(({ values }) => values.length));
  const valueAt = ({ values }: Series, atMs: number): string | undefined => {
    const value = values[Math.round((atMs - endMs) / MINUTE_MS) + minutes - 1];
    return value === '_' ? undefined : value;
  };
  const since = (selector: string, fromMs: number, toMs: number): readonly Series[] =>
    all.filter(
      (series) =>
        matches(series, selector) &&
        Array.from({ length: (toMs - fromMs) / MINUTE_MS + 1 }, (_, minute) => fromMs + minute * MINUTE_MS).some(
          (at) => valueAt(series, at) !== undefined,
        ),
    );

  const instant = (query: string, atMs: number): unknown => {
    if (query === 'vector(time())') return [{ metric: {}, value: [atMs / 1000, String(atMs / 1000)] }];
    const [first, second] = [...query.matchAll(inRange)].map(([, selector = '', count]) =>
      since(selector, atMs - Number(count) * MINUTE_MS + MINUTE_MS, atMs),
    );
    const found = (first ?? []).filter(
      ({ labels }) =>
        !second?.some((other) => other.labels.instance === labels.instance && other.labels.UUID === labels.UUID),
    );
    const [, by] = /^count by \(([^)]*)\)/.exec(query) ?? [];
    const kept = by?.split(', ');
    return found.map(({ labels }) => ({
      metric: Object.fromEntries(Object.entries(labels).filter(([key]) => kept === undefined || kept.includes(key))),
      value: [atMs / 1000, '1'],
    }));
  };

  const range = (query: string, startMs: number, stopMs: number): unknown => {
    const [, selector = query, positive] = /^(.*\})( > 0)?$/.exec(query) ?? [];
    return all
      .filter((series) => matches(series, selector))
      .map((series) => ({
        metric: series.labels,
        values: Array.from({ length: (stopMs - startMs) / MINUTE_MS + 1 }, (_, minute) => startMs + minute * MINUTE_MS)
          .map((at) => [at / 1000, valueAt(series, at)] as const)
          .filter(([, value]) => value !== undefined && (positive === undefined || Number(value) > 0)),
      }))
      .filter(({ values }) => values.length > 0);
  };

  return ({ path, form }: Asked): string => {
    const query = form.get('query') ?? '';
    const ms = (name: string): number => Number(form.get(name) ?? endMs / 1000) * 1000;
    return path.endsWith('/query_range')
      ? success('matrix', range(query, ms('start'), ms('end')))
      : success('vector', instant(query, ms('time')));
  };
};

const GPU = (node: string, gpu: number, uuid: string): string =>
  `job="muster",instance="${node}:9780",gpu="${gpu}",UUID="${uuid}",pci_bus_id="00000000:${gpu}B:00.0"`;

export interface FakeGpu {
  readonly node: string;
  readonly gpu: number;
  readonly job?: string;
  readonly role?: string;
  readonly uuid?: string;
  /** Added to every series, such as `node="a"`. */
  readonly labels?: string;
  /** Values by the name behind `muster_gpu_`; what is not here is healthy. Undefined leaves the series out. */
  readonly values?: Readonly<Record<string, string | undefined>>;
  /** Replaces `job` and `instance`. */
  readonly target?: string;
}

/** The series of a GPU over 20 minutes, as its agent exports them. */
export const gpuSeries = (o: FakeGpu): readonly SeriesText[] => {
  const uuid = o.uuid ?? `GPU-${o.node}-${o.gpu}`;
  const own = GPU(o.node, o.gpu, uuid);
  const labels = `${o.target === undefined ? own : own.replace(/^job="[^"]*",instance="[^"]*"/, o.target)}${o.labels === undefined ? '' : `,${o.labels}`}`;
  const rows: readonly (readonly [string, string, string])[] = [
    ['info', ',model_name="NVIDIA H100 80GB HBM3",module_id="5"', '1x20'],
    ...(o.job === undefined ? [] : [['job_info', `,job_id="${o.job}",role="${o.role ?? 'all'}"`, '1x20'] as const]),
    ['power_limit_watts', '', '700x20'],
    ['window_busy_ratio', '', '0.99x20'],
    ['window_sm_clock_hertz', ',stat="mean"', '1755000000x20'],
    ['window_sm_clock_hertz', ',stat="p05"', '1700000000x20'],
    ['window_power_watts', '', '640.25x20'],
    ['window_temperature_celsius', '', '63x20'],
    ['window_throttle_ratio', ',reason="sw_thermal"', '0x20'],
    ['window_throttle_ratio', ',reason="idle"', '0.01x20'],
  ];
  return rows.flatMap(([name, more, healthy]) => {
    const changed = o.values !== undefined && name in o.values ? o.values[name] : healthy;
    return changed === undefined ? [] : [[`muster_gpu_${name}{${labels}${more}}`, changed] as const];
  });
};

/** Any other series of a GPU. */
export const gpuLabels = ({ node, gpu }: Pick<FakeGpu, 'node' | 'gpu'>): string => GPU(node, gpu, `GPU-${node}-${gpu}`);
