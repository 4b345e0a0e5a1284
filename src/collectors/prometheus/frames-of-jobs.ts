import type { Frame } from '../../api.ts';
import { targetOf } from '../../parse/prometheus/gpu-identity.ts';
import { MINUTE_MS, type Minutes } from '../../parse/prometheus/minutes.ts';
import { atATime } from './at-a-time.ts';
import { batchesOf, chunksOf } from './batches.ts';
import { type Client, prometheusClient, REQUESTS_AT_A_TIME } from './client.ts';
import type { Access } from './endpoint.ts';
import { prometheusFailure } from './failure.ts';
import { framesOf, refOf } from './frames.ts';
import { addColumns, addInfo, addThrottle, noRecords, type Records } from './gpu-record.ts';
import { jobProblems, listed } from './job-problems.ts';
import { findJobs, type JobTargets } from './jobs.ts';
import { isOf, rolesIn } from './membership.ts';
import { mergeGpus } from './merged-gpu.ts';
import { nodeNames } from './node-names.ts';
import { columnsQuery, infoQuery, mockQuery, throttleQuery } from './queries.ts';

export interface FramesRequest extends Access {
  /** Only this job. */
  readonly job?: string;
  /** Unix ms, the end of the window; without it the server's present. */
  readonly timeMs?: number;
  readonly windowSeconds: number;
  /** For everything together; 60 s without it. */
  readonly timeoutMs?: number;
}

export interface JobFrames {
  /** Empty for the GPUs of which no job is known. */
  readonly jobId: string;
  /** One a minute; each makes its GPUs when they are read. */
  readonly frames: readonly Frame[];
  /** What is wrong with the data, a line each. */
  readonly problems: readonly string[];
}

/** Fifteen minutes are judged, and both ends of a quarter of an hour are minutes: every further one costs a budget's share. */
const EXTRA_MINUTES = 1;
/** A day in minutes: beyond it the columns of a large job no longer fit the memory. */
const MOST_MINUTES = 24 * 60;
/** Below this, clocks differ by what NTP allows and the answer took. */
const MAX_SKEW_MS = 30_000;

const minutesOf = async (client: Client, { timeMs, windowSeconds }: FramesRequest): Promise<Minutes> => {
  const count = Math.ceil(windowSeconds / 60) + EXTRA_MINUTES;
  if (!(windowSeconds > 0) || count > MOST_MINUTES)
    throw prometheusFailure(
      `a window of ${windowSeconds} s cannot be read from ${client.name}; give one of minutes or hours`,
    );
  // Asked for even where the time is given: it shows who answers there, and what clock it has.
  const [now] = await client.query('vector(time())');
  const nowMs = (now?.seconds[0] ?? Number.NaN) * 1000;
  if (Number.isNaN(nowMs))
    throw prometheusFailure(`${client.name} does not tell the time; is it the query API of a Prometheus?`);
  // Whole minutes can be answered from the caches of Thanos and Mimir.
  const endMs = timeMs ?? Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  if (endMs > nowMs + MINUTE_MS)
    throw prometheusFailure(
      `${new Date(endMs).toISOString()} is in the future of ${client.name}; give a time that has been`,
    );
  return { startMs: endMs - (count - 1) * MINUTE_MS, count };
};

const readRecords = async (client: Client, batch: readonly JobTargets[], minutes: Minutes): Promise<Records> => {
  const records = noRecords(minutes);
  const endMs = minutes.startMs + (minutes.count - 1) * MINUTE_MS;
  const tasks = chunksOf(batch).flatMap((instances) => [
    async () => addColumns(records, await client.queryMinutes(columnsQuery(instances), minutes)),
    async () => addThrottle(records, await client.queryMinutes(throttleQuery(instances), minutes)),
    async () => addInfo(records, await client.query(infoQuery(instances, minutes.count), endMs)),
  ]);
  await atATime(tasks, REQUESTS_AT_A_TIME);
  return records;
};

const skewProblem = (client: Client): readonly string[] => {
  const aheadMs = client.aheadMs();
  if (aheadMs === undefined || Math.abs(aheadMs) < MAX_SKEW_MS) return [];
  const by = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
  return [`the clock of ${client.name} is ${by} this machine's: times are the server's; set the clocks`];
};

const warningProblems = (client: Client): readonly string[] =>
  [...client.warnings].map((warning) => `${client.name} warns, so series may be missing: ${warning}`);

const jobFrames = (client: Client, jobId: string, records: Records, mocks: ReadonlySet<string>): JobFrames => {
  const { minutes } = records;
  const merged = mergeGpus(records.gpus.values(), minutes).filter((gpu) => isOf(gpu, jobId));
  const isMock = ({ records: [{ identity }] }: (typeof merged)[number]): boolean => mocks.has(identity.target);
  const simulated = merged.filter(isMock);
  // A fleet of simulated machines is judged as one; among real ones they are no peers.
  const judged = simulated.length === merged.length ? merged : merged.filter((gpu) => !isMock(gpu));
  const names = nodeNames(judged, minutes);
  const gpus = judged
    .flatMap((gpu) => {
      const node = names.nameOf(gpu);
      return node === undefined ? [] : [{ gpu, ref: refOf(gpu, node), roles: rolesIn(gpu, jobId, minutes) }];
    })
    .sort(({ ref: a }, { ref: b }) =>
      a.node === b.node
        ? (a.index ?? 0) - (b.index ?? 0) || (a.key < b.key ? -1 : 1)
        : (a.node ?? '') < (b.node ?? '')
          ? -1
          : 1,
    );
  const mockNodes = listed(simulated.map(({ records: [{ identity }] }) => identity.node));
  const mockProblem =
    simulated.length === merged.length ? `${mockNodes}: simulated` : `${mockNodes}: simulated, and left out`;
  return {
    jobId,
    frames: framesOf(jobId, gpus, records),
    problems: [
      ...skewProblem(client),
      ...warningProblems(client),
      ...(simulated.length === 0 ? [] : [mockProblem]),
      ...names.problems,
      ...jobProblems(gpus, records),
    ],
  };
};

/**
 * Reads the agents' series job by job from anything with the query API of Prometheus. Small jobs are read together, a
 * large one by groups of nodes; only what is being judged is held. Fails as a whole, with one line: half of a fleet is no
 * verdict.
 */
export async function* framesOfJobs(request: FramesRequest): AsyncIterable<JobFrames> {
  const client = prometheusClient(request);
  try {
    const minutes = await minutesOf(client, request);
    const atMs = minutes.startMs + (minutes.count - 1) * MINUTE_MS;
    const { job } = request;
    const [jobs, mocks] = await Promise.all([
      findJobs(client, { atMs, minutes: minutes.count, ...(job === undefined ? {} : { job }) }),
      client.query(mockQuery(minutes.count), atMs),
    ]);
    const mockTargets = new Set(mocks.map(({ labels }) => targetOf(labels)));
    for (const batch of batchesOf(jobs)) {
      const records = await readRecords(client, batch, minutes);
      for (const { jobId } of batch) yield jobFrames(client, jobId, records, mockTargets);
    }
  } finally {
    client.close();
  }
}
