import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventRecord } from '../../src/engine/event.ts';
import { idsOf, stored } from '../store/events.ts';
import { type Bench, onBench, openBench, type RunningAgent, seriesValue, startAgent } from '../support/agent.ts';
import { ANSWER_LIMIT_MS } from './lengths.ts';
import { lostEvents } from './lost-events.ts';
import type { Outcome } from './outcome.ts';
import { STANDING_FAULT } from './promises.ts';
import { leftOver } from './strangers.ts';

/**
 * Each of these on each GPU is one event of the kernel, told once: more than there are rounds. None is what a job does
 * when another fault ends it, which is told with that fault.
 */
const XIDS = [
  92, 48, 119, 120, 62, 109, 110, 121, 136, 140, 46, 54, 80, 142, 143, 151, 155, 156, 157, 158, 160, 161, 167, 169, 170,
];
const GPUS = 8;
const faultOf = (round: number) => ({ code: XIDS[Math.floor(round / GPUS) % XIDS.length] ?? 0, gpu: round % GPUS });

/** An agent lives this long after it serves (ms): from the first round to some rounds of the kernel log. */
const LIFE_MS = 2500;
const EVERY_MS = 60;
const isAcknowledged = (round: number): boolean => round % 4 === 3;
const reasonOf = (round: number): string => `round ${round}`;
const ACKNOWLEDGE_MS = 20_000;
const LAST_ROUND_MS = 20_000;

interface Seen {
  /** What /api/v1/events answered when nothing of it was in memory only. */
  durable: readonly EventRecord[];
  /** The reasons of acknowledgements that the agent has answered. */
  readonly acknowledged: string[];
  worstMs: number;
  residentBytes: number;
  readonly problems: string[];
}

/** Looks at an agent once. The events come first: what they hold is on disk when nothing is in memory only later. */
const look = async (agent: RunningAgent, seen: Seen): Promise<void> => {
  const events = await agent.events();
  const startedMs = performance.now();
  const metrics = await agent.metrics();
  const ms = performance.now() - startedMs;
  seen.worstMs = Math.max(seen.worstMs, ms);
  if (ms > ANSWER_LIMIT_MS) seen.problems.push(`/metrics took ${(ms / 1000).toFixed(1)} s`);
  seen.residentBytes = Math.max(seen.residentBytes, seriesValue(metrics, 'muster_agent_resident_memory_bytes') ?? 0);
  if (seriesValue(metrics, 'muster_events_in_memory_only') === 0) seen.durable = events;
};

/** Asks until it is done. Where nothing is raised yet it is refused. */
const acknowledge = async (bench: Bench, { gpu, reason }: { gpu: number; reason: string }): Promise<void> => {
  for (const endsAt = Date.now() + ACKNOWLEDGE_MS; Date.now() < endsAt; ) {
    const words = ['ack', `gpu${gpu}`, 'gpu/xid-errors', '--reason', reason, '--owner', 'chaos'];
    if ((await onBench(bench, words)).exitCode === 0) return;
  }
  throw new Error(`no finding of GPU ${gpu} could be acknowledged in ${ACKNOWLEDGE_MS / 1000} s`);
};

/** One life: a fault comes, in some of them it is acknowledged, and at a random moment the agent is killed. */
const live = async (bench: Bench, round: number, seen: Seen): Promise<void> => {
  const agent = await startAgent(bench.env);
  const { code, gpu } = faultOf(round);
  const injecting = bench.machine.inject(`xid${code}@gpu${gpu}`);
  if (isAcknowledged(round)) {
    // Said to be done is on disk, so that the kill comes as soon as that.
    await injecting;
    await acknowledge(bench, { gpu, reason: reasonOf(round) });
    seen.acknowledged.push(reasonOf(round));
  } else {
    for (const endsAt = Date.now() + Math.random() * LIFE_MS; Date.now() < endsAt; await sleep(EVERY_MS))
      await look(agent, seen);
  }
  const end = await agent.end('SIGKILL');
  if (end !== 'SIGKILL') seen.problems.push(`round ${round}: the agent had ended with ${end}`);
  await injecting;
};

const keyOf = ({ check, code, component }: EventRecord): string => `${check} ${code} ${component?.key}`;

/** A finding that is raised is not raised once more before it is over or dealt with. */
const raisedTwice = (events: readonly EventRecord[]): readonly string[] => {
  const raised = new Set<string>();
  return events.flatMap((event) => {
    const key = keyOf(event);
    if (event.type === 'finding_cleared') raised.delete(key);
    if (event.type !== 'finding_raised') return [];
    const isTwice = raised.has(key);
    raised.add(key);
    return isTwice ? [`event ${event.id} raises ${key} once more`] : [];
  });
};

const kernelEventsOf = (events: readonly EventRecord[], round: number): readonly EventRecord[] => {
  const { code, gpu } = faultOf(round);
  return events.filter(
    ({ type, component, evidence }) => type === 'kernel_event' && evidence?.code === code && component?.index === gpu,
  );
};

/** Every Xid that the kernel wrote is told, whichever life it fell into, and once. */
const toldOnce = (events: readonly EventRecord[], rounds: number): readonly string[] =>
  Array.from({ length: rounds }, (_, round) => ({ ...faultOf(round), times: kernelEventsOf(events, round).length }))
    .filter(({ times }) => times !== 1)
    .map(({ code, gpu, times }) => `Xid ${code} of GPU ${gpu} is told ${times} times`);

/** Kills the agent with SIGKILL at a random moment, again and again, on one machine and one state directory. */
export const killRounds = async (name: string, rounds: number): Promise<Outcome> => {
  const bench = await openBench(`hgx-h100-8+${STANDING_FAULT}`);
  const directory = join(bench.stateDir, 'events');
  const seen: Seen = { durable: [], acknowledged: [], worstMs: 0, residentBytes: 0, problems: [] };
  const startedAt = Date.now();
  let last: RunningAgent | undefined;
  try {
    for (let round = 0; round < rounds; round += 1) {
      await live(bench, round, seen);
      const onDisk = await stored(directory).catch(() => []);
      const reasons = new Set(onDisk.map(({ type, reason }) => (type === 'acknowledged' ? reason : undefined)));
      seen.problems.push(
        ...lostEvents(seen.durable, onDisk).map((problem) => `after round ${round} ${problem}`),
        ...seen.acknowledged.filter((one) => !reasons.has(one)).map((one) => `the acknowledgement of ${one} is lost`),
      );
    }
    last = await startAgent(bench.env);
    const isTold = async (): Promise<boolean> => {
      const events = await last?.events();
      return kernelEventsOf(events ?? [], rounds - 1).length > 0;
    };
    for (const endsAt = Date.now() + LAST_ROUND_MS; Date.now() < endsAt && !(await isTold()); ) await sleep(200);
    await last.end();
    const events = await stored(directory);
    seen.problems.push(
      ...lostEvents(seen.durable, events),
      ...toldOnce(events, rounds),
      ...raisedTwice(events),
      ...(idsOf(events).every((id, i) => id === i + 1) ? [] : ['the numbers of the events have gaps or repeats']),
    );
    const left = await leftOver(bench);
    return {
      name,
      seconds: (Date.now() - startedAt) / 1000,
      worstMs: seen.worstMs,
      unknown: [],
      recoveryIntervals: 0,
      mostProcesses: 0,
      leftProcesses: left.length,
      residentBytes: seen.residentBytes,
      problems: [...seen.problems, ...left.map((line) => `left behind: ${line}`)],
    };
  } finally {
    last?.process.kill('SIGKILL');
    await bench.close();
  }
};
