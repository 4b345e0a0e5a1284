import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type OwnerRequest, parseAnswer } from './owner-requests.ts';
import { bad, type Result } from './result.ts';

export type OwnerProcess = ChildProcessByStdio<Writable, Readable, Readable>;

const ANSWER_DEADLINE_MS = 5_000;
const GONE: Result<string> = bad('the simulation has ended; start it again');

/** Asks an owner that has said `ready`: the answers come in the order of the requests. */
export const ownerAnswers = (owner: OwnerProcess): ((request: OwnerRequest) => Promise<Result<string>>) => {
  const waiting: ((answer: Result<string>) => void)[] = [];
  let gone = false;
  createInterface({ input: owner.stdout }).on('line', (line) => waiting.shift()?.(parseAnswer(line)));
  owner.once('close', () => {
    gone = true;
    for (const settle of waiting.splice(0)) settle(GONE);
  });
  return (request) =>
    new Promise((resolve) => {
      if (gone || !owner.stdin.writable) return resolve(GONE);
      const timer = setTimeout(
        // It keeps its place in the row: an answer that comes late is not that of the next request.
        () => resolve(bad(`the simulation did not answer within ${ANSWER_DEADLINE_MS} ms`)),
        ANSWER_DEADLINE_MS,
      );
      waiting.push((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      owner.stdin.write(`${JSON.stringify(request)}\n`);
    });
};
