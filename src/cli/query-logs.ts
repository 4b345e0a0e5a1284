import type { Component } from '../api.ts';
import { type ClockOffset, clockOffsetsOf } from '../collectors/query-log/clock-offsets.ts';
import { minutesOf } from '../collectors/query-log/minutes.ts';
import { nodeOfFile } from '../collectors/query-log/node-name.ts';
import { openQueryLog, type QueryLog } from '../collectors/query-log/query-log.ts';
import { type WorkTimes, workTimesOf } from '../collectors/query-log/work-times.ts';
import { usageError } from '../errors.ts';
import { plural } from '../report/plural.ts';
import type { StragglersEvaluation } from '../report/stragglers/report.ts';
import { createDetector } from '../straggler/detector.ts';
import { createEpisodes } from '../straggler/episodes.ts';
import { createFrameBuilder } from '../straggler/frames.ts';
import { type JobOfNode, readJobs } from './log-jobs.ts';
import { readSteps } from './log-steps.ts';
import { listed, warn } from './warn.ts';

export interface LogFiles {
  readonly from: readonly string[];
  readonly jobs?: string;
  readonly steps?: string;
}

/** What all logs together may hold in memory at a time. */
const CHUNKS_BYTES = 32 * 2 ** 20;
const LARGEST_CHUNK = 256 * 1024;
const SMALLEST_CHUNK = 16 * 1024;
const MINUTE_MS = 60_000;

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
  const { lines, damaged, firstDamaged, strays, repeated, setBack, ended } = notes();
  if (damaged > 0) {
    const first = firstDamaged === undefined ? 'the last one is cut' : `line ${firstDamaged.line}: ${firstDamaged.why}`;
    warn(`${path}: ${plural(damaged, 'line')} of ${lines} skipped (${first})`);
  }
  if (strays > 0) warn(`${path}: ${plural(strays, 'line')} skipped whose time does not fit those around`);
  if (repeated > 0) warn(`${path}: ${plural(repeated, 'line')} left out that repeat earlier ones of the file`);
  if (setBack.length > 0) {
    const minutes = setBack.map((ms) => `${(ms / MINUTE_MS).toFixed(1)} min`);
    warn(`${node}: its clock was set back by ${listed(minutes)}; what follows is taken to go on from there`);
  }
  if (ended !== undefined) warn(`${ended}; what follows is not judged`);
};

/** Judges logs of `nvidia-smi --query-gpu`, one file a node. */
export const judgeLogs = async (files: LogFiles): Promise<StragglersEvaluation> => {
  const named = nodesOf(files.from);
  const jobOf = await readJobs(files.jobs, [...named.keys()]);
  const nodes = new Map([...named].filter(([node]) => jobOf(node) !== undefined));
  const left = [...named.keys()].filter((node) => !nodes.has(node));
  if (left.length > 0) warn(`${files.jobs} names no job of ${listed(left)}; not judged`);
  const steps = await readSteps(files.steps, [...nodes.keys()], jobOf);
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
