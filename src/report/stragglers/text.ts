import type { JobVerdictName, StragglerLevel } from '../../api.ts';
import { type Palette, PLAIN } from '../colour.ts';
import { plural } from '../plural.ts';
import { printable } from '../printable.ts';
import { wrap } from '../wrap.ts';
import type { EffectReport, JobReport, StragglerReport, StragglersReport } from './report.ts';

export interface StragglersTextOptions {
  /** The code with which the process will exit. */
  readonly exitCode: number;
  readonly palette?: Palette;
  readonly columns?: number;
}

const VERDICTS: Readonly<Record<JobVerdictName, string>> = {
  clean: 'NO STRAGGLER',
  suspect: 'SUSPECT',
  likely: 'LIKELY STRAGGLER',
  confirmed: 'STRAGGLER',
  job_shaped: 'NOT A NODE PROBLEM',
  shared_cause: 'SHARED CAUSE',
  cannot_tell: 'CANNOT TELL',
};

const LABEL_WIDTH = 8;
const INDENT = 4;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const megahertz = (hertz: number): string => `${Math.round(hertz / 1e6)} MHz`;

const FEATURES: Readonly<Record<EffectReport['feature'], readonly [name: string, shown: (value: number) => string]>> = {
  sm_clock: ['SM clock', megahertz],
  sm_clock_p05: ['SM clock (5th percentile)', megahertz],
  power: ['power', (watts) => `${Math.round(watts)} W`],
  busy: ['busy', percent],
  temperature: ['temperature', (celsius) => `${Math.round(celsius)} °C`],
  step_time: ['step time', (seconds) => `${seconds.toPrecision(3)} s`],
};

const effectText = ({ feature, observed, peer_median, z, persistence }: EffectReport): string => {
  const [name, shown] = FEATURES[feature];
  const when = feature === 'step_time' ? 'steps' : 'time';
  return `${name} ${shown(observed)}, median of the peers ${shown(peer_median)}, z ${z.toFixed(1)}, ${percent(persistence)} of the ${when}`;
};

/** `2026-11-26 14:31`: as the logs have it, and no more digits than a person compares. */
const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');

const verdictPaint = (verdict: JobVerdictName | StragglerLevel, palette: Palette): ((text: string) => string) => {
  if (verdict === 'confirmed' || verdict === 'likely') return palette.bad;
  return verdict === 'clean' || verdict === 'job_shaped' ? palette.good : palette.doubtful;
};

const labelled = (label: string, text: string, columns: number, palette: Palette): readonly string[] =>
  wrap(printable(text), columns - INDENT - LABEL_WIDTH).map((line, i) => {
    const start = (i === 0 ? label : '').padEnd(LABEL_WIDTH);
    return `${' '.repeat(INDENT)}${palette.faint(start)}${line}`;
  });

const addressOf = ({ gpu }: StragglerReport): readonly string[] =>
  [gpu?.uuid, gpu?.pci_bus_id].filter((part) => part !== undefined);

const stragglerLines = (straggler: StragglerReport, columns: number, palette: Palette): readonly string[] => {
  const { level, message, causes, effects, impact, first_seen, until, next_step } = straggler;
  const paint = verdictPaint(level, palette);
  const address = addressOf(straggler);
  const line = (label: string, text: string): readonly string[] => labelled(label, text, columns, palette);
  return [
    ...wrap(printable(message), columns - 2).map((text, i) => `  ${i === 0 ? paint(text) : text}`),
    ...(address.length === 0 ? [] : line('part', address.join('  '))),
    ...causes.flatMap(({ kind, detail }) => line('cause', `${kind.replaceAll('_', ' ')}: ${detail}`)),
    ...effects.flatMap((effect) => line('effect', effectText(effect))),
    ...(impact === undefined ? [] : line('impact', impact)),
    ...line('seen', `from ${minute(first_seen)}${until === undefined ? ' on' : ` to ${minute(until)}`}`),
    ...line('next', next_step),
  ];
};

const jobLines = (job: JobReport, columns: number, palette: Palette): readonly string[] => {
  const name = printable(job.job_id);
  const size = `${job.nodes > 0 ? `${plural(job.nodes, 'node')}, ` : ''}${plural(job.gpus, 'GPU')}`;
  const head = `${VERDICTS[job.verdict]}${name === '' ? '' : ` job ${name}`}`;
  const reason = printable(job.reason).replace(`${VERDICTS.job_shaped}: `, '');
  const [first = '', ...rest] = wrap(`${head}: ${reason} (${size})`, columns);
  const paint = verdictPaint(job.verdict, palette);
  // Where the line had to be broken within the head, it stays unpainted.
  const painted = first.startsWith(head) ? `${paint(palette.strong(head))}${first.slice(head.length)}` : first;
  return [painted, ...rest, ...job.stragglers.flatMap((straggler) => stragglerLines(straggler, columns, palette)), ''];
};

const LEVELS: readonly StragglerLevel[] = ['confirmed', 'likely', 'suspect'];

const conclusion = ({ jobs }: StragglersReport, exitCode: number): string => {
  const all = jobs.flatMap(({ stragglers }) => stragglers);
  const counts = LEVELS.flatMap((level) => {
    const count = all.filter((straggler) => straggler.level === level).length;
    return count === 0 ? [] : [`${count} ${level}`];
  });
  return `${plural(jobs.length, 'job')}: ${counts.length === 0 ? 'nobody accused' : counts.join(', ')}; exit code ${exitCode}`;
};

const header = ({ source, evaluated_at, window_seconds }: StragglersReport): string => {
  const minutes = Math.max(1, Math.round(window_seconds / 60));
  const length = minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
  if (source === 'prometheus') return `stragglers in ${length} until ${minute(evaluated_at)}, from Prometheus`;
  const from = minute(new Date(Date.parse(evaluated_at) - window_seconds * 1000).toISOString());
  return `stragglers from ${from} to ${minute(evaluated_at)} (${length}), by the clocks of the logs`;
};

/** `-o text`: a verdict a job, the worst first; who is accused, with the evidence and what to do; the exit code last. */
export const stragglersText = (report: StragglersReport, o: StragglersTextOptions): string => {
  const palette = o.palette ?? PLAIN;
  const columns = Math.max(60, o.columns ?? 110);
  return `${[
    palette.faint(header(report)),
    '',
    ...report.jobs.flatMap((job) => jobLines(job, columns, palette)),
    palette.strong(conclusion(report, o.exitCode)),
  ].join('\n')}\n`;
};
