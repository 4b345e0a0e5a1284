import {
  type FramesRequest,
  framesOfJobs,
  type JobFrames,
} from '../../../../src/collectors/prometheus/frames-of-jobs.ts';
import { fakeFleet, type SeriesText } from './fake-fleet.ts';
import { queryServer } from './query-server.ts';

export const END_MS = Date.parse('2026-11-26T14:30:00Z');

/** All jobs that a fleet of these series has. */
export const readAll = async (request: FramesRequest): Promise<readonly JobFrames[]> => {
  const jobs: JobFrames[] = [];
  for await (const job of framesOfJobs(request)) jobs.push(job);
  return jobs;
};

export const readFleet = async (
  table: readonly SeriesText[],
  more: Partial<FramesRequest> = {},
): Promise<readonly JobFrames[]> => {
  const answer = fakeFleet(table, END_MS);
  const server = await queryServer((asked, response) => {
    response.setHeader('content-type', 'application/json').end(answer(asked));
  });
  try {
    return await readAll({ url: server.url, timeMs: END_MS, windowSeconds: 1140, ...more });
  } finally {
    await server.close();
  }
};

/** Why a request of frames fails. */
export const failureOf = async (
  request: FramesRequest,
): Promise<{ readonly code: unknown; readonly message: string }> => {
  try {
    await readAll(request);
  } catch (error) {
    return { code: (error as { code?: unknown }).code, message: (error as Error).message };
  }
  throw new Error('it did not fail');
};
