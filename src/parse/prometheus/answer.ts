import { oneLine } from './one-line.ts';
import { sampleValue } from './sample-value.ts';
import { scanMatrix } from './scan-matrix.ts';

export type Labels = Readonly<Record<string, string>>;

/** A series of an answer: a value a time; an infinite one was no number (`NaN`, `+Inf`) and is not there. */
export interface AnswerSeries {
  readonly labels: Labels;
  readonly seconds: readonly number[];
  readonly values: readonly number[];
}

/** What the query API of Prometheus, Thanos, Mimir or VictoriaMetrics said, or one clause that says why that is no answer. */
export type Answer =
  | { readonly ok: true; readonly series: readonly AnswerSeries[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly why: 'refused' | 'garbage'; readonly message: string };

const garbage = (message: string): Answer => ({ ok: false, why: 'garbage', message });

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isLabels = (value: unknown): value is Labels => {
  if (!isRecord(value)) return false;
  for (const label in value) if (typeof value[label] !== 'string') return false;
  return true;
};

const isSample = (value: unknown): value is readonly [number, unknown] =>
  Array.isArray(value) && typeof value[0] === 'number' && Number.isFinite(value[0]);

/** A vector has one `value`, a matrix `values`; native histograms have neither and are no numbers of ours. */
const seriesOf = (result: unknown): AnswerSeries | undefined => {
  if (!isRecord(result) || !isLabels(result.metric)) return undefined;
  const { metric: labels, value, values } = result;
  const samples = Array.isArray(values) ? values : value === undefined ? [] : [value];
  if (!samples.every(isSample)) return undefined;
  return {
    labels,
    seconds: samples.map(([seconds]) => seconds),
    values: samples.map(([, text]) => sampleValue(text) ?? Number.POSITIVE_INFINITY),
  };
};

const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((text) => typeof text === 'string').map(oneLine) : [];

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const answerOf = (body: unknown, start: string, scanned?: readonly AnswerSeries[]): Answer => {
  if (!isRecord(body)) return garbage(`is not the JSON of the query API: ${JSON.stringify(oneLine(start))}`);
  if (body.status === 'error') {
    const kind = typeof body.errorType === 'string' ? `${oneLine(body.errorType)}: ` : '';
    const error = typeof body.error === 'string' ? oneLine(body.error) : 'no reason given';
    return { ok: false, why: 'refused', message: `${kind}${error}` };
  }
  const { data } = body;
  if (body.status !== 'success' || !isRecord(data) || !Array.isArray(data.result))
    return garbage('is JSON, but not that of the query API');
  if (data.resultType !== 'vector' && data.resultType !== 'matrix')
    return garbage(`is a ${JSON.stringify(oneLine(String(data.resultType)))} where series were asked for`);
  const series = scanned ?? data.result.map(seriesOf);
  const whole = series.filter((one) => one !== undefined);
  if (whole.length < series.length) return garbage('holds a series that cannot be read');
  return { ok: true, series: whole, warnings: textsOf(body.warnings) };
};

const START_BYTES = 60;

/** Reads the body of `/api/v1/query` and `/api/v1/query_range` (prometheus.io/docs/prometheus/latest/querying/api). */
export const readAnswer = (bytes: Buffer): Answer => {
  const start = bytes.toString('utf8', 0, START_BYTES);
  const matrix = scanMatrix(bytes);
  const labels = matrix === undefined ? undefined : parsed(matrix.labels);
  if (
    matrix === undefined ||
    !Array.isArray(labels) ||
    labels.length !== matrix.series.length ||
    !labels.every(isLabels)
  )
    return answerOf(parsed(bytes.toString('utf8')), start);
  const series = matrix.series.map((samples, place) => ({ ...samples, labels: labels[place] ?? {} }));
  return answerOf(parsed(matrix.envelope), start, series);
};
