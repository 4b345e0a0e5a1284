import { Counter, Gauge, Registry } from 'prom-client';
import type { Snapshot } from '../engine/snapshot.ts';
import { capped, inDetail, type MetricsDetail } from './budget.ts';
import { CATALOGUE, type MetricFamily } from './catalogue.ts';
import { type Sample, sample } from './sample.ts';
import { agentSamples, type RunningAgentState } from './samples/agent.ts';
import { checkSamples } from './samples/checks.ts';
import { gpuSamples } from './samples/gpu.ts';
import { nicSamples } from './samples/nic.ts';
import { nvlinkSamples } from './samples/nvlink.ts';
import { stragglerSamples } from './samples/straggler.ts';
import { type ValidationOutcome, validationSamples } from './samples/validation.ts';
import { type KernelLogTrust, xidSamples } from './samples/xid.ts';

/** Prometheus text format, which is what `renderMetrics` gives. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

export interface MetricsOptions {
  readonly version: string;
  readonly configReloadOk: boolean;
  readonly enforcementEnabled: boolean;
  readonly detail: MetricsDetail;
  readonly maxSeries: number;
  /** The last validation of each level. */
  readonly validations?: readonly ValidationOutcome[];
  /** Suppressed findings; without it those that the snapshot shows. */
  readonly suppressed?: number;
  readonly kernelLogTrust?: KernelLogTrust;
  readonly nodejsVersion?: string;
  /** Of the daemon alone. */
  readonly agent?: RunningAgentState;
}

/** Labels of one family are always put together in one place, hence in one order. */
const seriesKey = ({ name, labels }: Sample): string => {
  let key = name;
  for (const label in labels) key += `\0${label}\0${labels[label]}`;
  return key;
};

/** One sample a series, with a value that Prometheus can use. */
const usable = (samples: readonly Sample[]): readonly Sample[] => {
  const bySeries = new Map<string, Sample>();
  for (const one of samples) if (Number.isFinite(one.value)) bySeries.set(seriesKey(one), one);
  return [...bySeries.values()];
};

/** Every series of the snapshot, within detail and cap. */
export const seriesOf = (snapshot: Snapshot, options: MetricsOptions): readonly Sample[] => {
  const all = usable([
    ...agentSamples(snapshot, { ...options, nodejsVersion: options.nodejsVersion ?? process.versions.node }),
    ...checkSamples(snapshot, options.suppressed),
    ...validationSamples(options.validations ?? []),
    ...gpuSamples(snapshot),
    ...nvlinkSamples(snapshot),
    ...stragglerSamples(snapshot),
    ...xidSamples(snapshot, options.kernelLogTrust ?? 'kernel'),
    ...nicSamples(snapshot),
  ]);
  const { samples, truncated } = capped(inDetail(all, options.detail), options.maxSeries - 1);
  return [...samples, sample('muster_metrics_truncated', Number(truncated))];
};

const register = (registry: Registry, family: MetricFamily, samples: readonly Sample[]): void => {
  const config = {
    name: family.name,
    help: family.help,
    labelNames: [...family.labels],
    registers: [registry],
  };
  if (family.type === 'counter') {
    const counter = new Counter(config);
    // prom-client throws on a negative increment, and a negative counter is no counter.
    for (const { labels, value } of samples) if (value >= 0) counter.inc(labels, value);
  } else {
    const gauge = new Gauge(config);
    for (const { labels, value } of samples) gauge.set(labels, value);
  }
};

/**
 * The snapshot in Prometheus text format. Each call fills a fresh registry, so that concurrent scrapes cannot mix and
 * what has vanished is not exposed for ever.
 */
export const renderMetrics = (snapshot: Snapshot, options: MetricsOptions): Promise<string> => {
  const byFamily = new Map<string, Sample[]>();
  for (const one of seriesOf(snapshot, options)) {
    const samples = byFamily.get(one.name);
    if (samples === undefined) byFamily.set(one.name, [one]);
    else samples.push(one);
  }
  const registry = new Registry();
  for (const family of CATALOGUE) {
    const samples = byFamily.get(family.name);
    if (samples !== undefined) register(registry, family, samples);
  }
  return registry.metrics();
};
