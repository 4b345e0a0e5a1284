import type { Component, RankStep } from '../api.ts';
import { type ClockOffset, clockOffsetsOf } from '../collectors/query-log/clock-offsets.ts';
import { eachLine } from '../collectors/query-log/csv-lines.ts';
import { minutesOf } from '../collectors/query-log/minutes.ts';
import { nodeOfFile } from '../collectors/query-log/node-name.ts';
import { openQueryLog, type QueryLog } from '../collectors/query-log/query-log.ts';
import { type WorkTimes, workTimesOf } from '../collectors/query-log/work-times.ts';
import { usageError } from '../errors.ts';
import { type JobColumns, PLAIN_JOB_COLUMNS, readJobHeader, readJobLine } from '../parse/job-list.ts';
import { readStepHeader, readStepLine, type StepColumns } from '../parse/step-times.ts';
import { plural } from '../report/plural.ts';
import { printable } from '../report/printable.ts';
import type { StragglersEvaluation } from '../report/stragglers/report.ts';
import { createDetector } from '../straggler/detector.ts';
import { createEpisodes } from '../straggler/episodes.ts';
import { createFrameBuilder } from '../straggler/frames.ts';

export interface LogFiles {
  readonly from: readonly string[];
  readonly jobs?: string;
  readonly steps?: string;
}

type JobOfNode = (node: string) => string | undefined;

const warn = (text: string): void => void process.stderr.write(`muster: ${printable(text)}\n`);

/** What all logs together may hold in memory at a time. */
const CHUNKS_BYTES = 32 * 2 ** 20;
const LARGEST_CHUNK = 256 * 1024;
const SMALLEST_CHUNK = 16 * 1024;
/** More names than anybody reads. */
const NAMED = 5;
const MINUTE_MS = 60_000;

const listed = (names: readonly string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ');

const nodesOf = (paths: readonly string[]): ReadonlyMap<string, string> => {
  const nodes = new Map<string, string>();
  for (const path of paths) {
    const node = nodeOfFile(path);
    const other = nodes.get(node);
    if (other !== undefined)
      throw usageError(
        other === path
          ? `--from names ${path} twice; name each file once`
          : `${other} and ${path} are both of node ${node}, for a file is named after its node; rename one of them`,
      );
    nodes.set(node, path);
  }
  return nodes;
};

const readJobs = async (file: string | undefined, nodes: ReadonlyMap<string, string>): Promise<JobOfNode> => {
  if (file === undefined) return () => '';
  const jobs = new Map<string, string>();
  let columns: JobColumns | undefined;
  let bad = 0;
  let firstBad = '';
  const read = await eachLine(file, ({ line, text }) => {
    if (columns === undefined) {
      const header = readJobHeader(text);
      columns = header ?? PLAIN_JOB_COLUMNS;
      if (header !== undefined) return;
    }
    const job = readJobLine(columns, text);
    const other = job.ok ? jobs.get(job.value.node) : undefined;
    if (job.ok && (other === undefined || other === job.value.jobId)) {
      jobs.set(job.value.node, job.value.jobId);
      return;
    }
    bad += 1;
    const why = job.ok ? `node ${job.value.node} was in job ${other} before; a node is in one job` : job.detail;
    if (firstBad === '') firstBad = `${file}:${line}: ${why}`;
  });
  if (!read.ok) throw usageError(`--jobs: ${read.detail}`);
  if (![...nodes.keys()].some((node) => jobs.has(node)))
    throw usageError(`--jobs: ${bad > 0 ? firstBad : `${file} names none of the nodes ${listed([...nodes.keys()])}`}`);
  if (bad > 0) warn(`${firstBad} (${plural(bad, 'line')} skipped)`);
  return (node) => jobs.get(node);
};

/** By job; a step without a node belongs to the only job. */
const readSteps = async (
  file: string | undefined,
  jobOf: JobOfNode,
  jobIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly RankStep[]>> => {
  const steps = new Map<string, RankStep[]>();
  if (file === undefined) return steps;
  let columns: StepColumns | undefined;
  let refused: string | undefined;
  let bad = 0;
  let firstBad = '';
  const [onlyJob] = jobIds.size === 1 ? [...jobIds] : [];
  const skip = (line: number, why: string): void => {
    bad += 1;
    if (firstBad === '') firstBad = `${file}:${line}: ${why}`;
  };
  const read = await eachLine(file, ({ line, text }) => {
    if (refused !== undefined) return;
    if (columns === undefined) {
      const header = readStepHeader(text);
      if (header.ok) columns = header.value;
      else refused = `${file}:${line}: ${header.detail}`;
      return;
    }
    const step = readStepLine(columns, text);
    if (!step.ok) return skip(line, step.detail);
    const { node } = step.value;
    const job = node === undefined ? onlyJob : jobOf(node);
    if (job === undefined)
      return skip(
        line,
        node === undefined ? 'several jobs, and no node column says which' : `node ${node} is in no job`,
      );
    const ofJob = steps.get(job);
    if (ofJob === undefined) steps.set(job, [step.value]);
    else ofJob.push(step.value);
  });
  if (!read.ok) throw usageError(`--steps: ${read.detail}`);
  if (refused !== undefined) throw usageError(`--steps: ${refused}`);
  if (steps.size === 0) throw usageError(`--steps: ${bad > 0 ? firstBad : `${file} holds no step; log some`}`);
  if (bad > 0) warn(`${firstBad} (${plural(bad, 'line')} skipped)`);
  return steps;
};

/** Clocks are compared inside a job only: two jobs begin when they begin. */
const clockOffsets = async (
  nodes: ReadonlyMap<string, string>,
  jobOf: JobOfNode,
): Promise<ReadonlyMap<string, ClockOffset>> => {
  const byJob = new Map<string, Map<string, WorkTimes>>();
  for (const [node, path] of nodes) {
    const times = await workTimesOf(path);
    const job = jobOf(node);
    if (times === undefined || job === undefined) continue;
    const ofJob = byJob.get(job) ?? new Map<string, WorkTimes>();
    byJob.set(job, ofJob.set(node, times));
  }
  return new Map([...byJob.values()].flatMap((ofJob) => [...clockOffsetsOf(ofJob)]));
};

const openLogs = async (nodes: ReadonlyMap<string, string>, jobOf: JobOfNode): Promise<readonly QueryLog[]> => {
  const offsets = nodes.size > 1 ? await clockOffsets(nodes, jobOf) : new Map<string, ClockOffset>();
  const chunkBytes = Math.max(SMALLEST_CHUNK, Math.min(LARGEST_CHUNK, Math.floor(CHUNKS_BYTES / nodes.size)));
  const logs: QueryLog[] = [];
  const unusable: string[] = [];
  for (const [node, path] of nodes) {
    const offset = offsets.get(node);
    const log = await openQueryLog({ node, path, chunkBytes, offsetMs: offset?.offsetMs ?? 0 });
    if (!log.ok && log.reason !== 'unsupported') {
      await Promise.all(logs.map((open) => open.close()));
      throw usageError(`--from: ${log.detail}`);
    }
    if (!log.ok) {
      unusable.push(log.detail);
      continue;
    }
    logs.push(log.value);
    if (offset === undefined) continue;
    const moved =
      offset.offsetMs === 0 ? '' : `; its times are moved by ${Math.round(offset.offsetMs / MINUTE_MS)} min`;
    warn(`${node}: ${offset.why}${moved}`);
  }
  if (logs.length === 0)
    throw usageError(
      `--from: ${listed(unusable)}; log with nvidia-smi --query-gpu=timestamp,index,… --format=csv -l 5`,
    );
  for (const why of unusable) warn(`${why}; its node is not judged`);
  return logs;
};

const tellNotes = ({ node, path, notes }: QueryLog): void => {
  const { lines, damaged, firstDamaged, strays, setBack, ended } = notes();
  if (damaged > 0) {
    const first = firstDamaged === undefined ? 'the last one is cut' : `line ${firstDamaged.line}: ${firstDamaged.why}`;
    warn(`${path}: ${plural(damaged, 'line')} of ${lines} skipped (${first})`);
  }
  if (strays > 0) warn(`${path}: ${plural(strays, 'line')} skipped whose time does not fit those around`);
  if (setBack.length > 0) {
    const minutes = setBack.map((ms) => `${(ms / MINUTE_MS).toFixed(1)} min`);
    warn(`${node}: its clock was set back by ${listed(minutes)}; what follows is taken to go on from there`);
  }
  if (ended !== undefined) warn(`${ended}; what follows is not judged`);
};

/** Judges logs of `nvidia-smi --query-gpu`, one file a node. */
export const judgeLogs = async (files: LogFiles): Promise<StragglersEvaluation> => {
  const named = nodesOf(files.from);
  const jobOf = await readJobs(files.jobs, named);
  const nodes = new Map([...named].filter(([node]) => jobOf(node) !== undefined));
  const left = [...named.keys()].filter((node) => !nodes.has(node));
  if (left.length > 0) warn(`${files.jobs} names no job of ${listed(left)}; not judged`);
  const jobIds = new Set([...nodes.keys()].flatMap((node) => jobOf(node) ?? []));
  const steps = await readSteps(files.steps, jobOf, jobIds);
  const logs = await openLogs(nodes, jobOf);

  const frames = createFrameBuilder();
  const detector = createDetector();
  const episodes = createEpisodes();
  const jobOfGpu = ({ node }: Component) => ({ jobId: jobOf(node ?? '') ?? '', role: 'all' });
  let firstAt: number | undefined;
  let lastAt = 0;
  for await (const atMs of minutesOf(logs, frames.add)) {
    episodes.add(detector.next(frames.frame(atMs, jobOfGpu), steps), atMs);
    firstAt ??= atMs - MINUTE_MS;
    lastAt = atMs;
  }
  for (const log of logs) tellNotes(log);
  return {
    evaluatedAt: lastAt,
    windowSeconds: (lastAt - (firstAt ?? lastAt)) / 1000,
    source: 'offline',
    jobs: episodes.verdicts(),
  };
};
