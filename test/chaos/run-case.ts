import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBench, type RunningAgent, startAgent } from '../support/agent.ts';
import type { ChaosCase, Setting, Stage } from './chaos-case.ts';
import { ofThisRun } from './lengths.ts';
import { lostEvents } from './lost-events.ts';
import type { Outcome } from './outcome.ts';
import {
  blind,
  INTERVAL_SECONDS,
  type Marks,
  recovery,
  STANDING_FAULT,
  tooLarge,
  unanswered,
  waits,
  wronglyJudged,
} from './promises.ts';
import { isAnswered, type Scrape, type Scraper, startScraper } from './scrapes.ts';
import { leftOver, watchProcesses } from './strangers.ts';

/** What happens while the machine is broken must be seen too. */
const SECOND_FAULT = 'xid92@gpu5';
const SECOND_FINDING = /check="gpu\/xid-errors",code="hardware-xid".*gpu="5"/;

const SETTLED_LIMIT_MS = 60_000;
const SETTLED_MS = 3000;
/** One tool a source, a shell and what it runs, and the start-up inventory, which asks several at once. */
const TOOLS_AT_ONCE = 12;

/** Every source is asked so often that a case is over in seconds; nothing is shed for what that costs. */
const configuration = (seconds: number): string =>
  [
    'guard: { cpu_percent: 100 }',
    'sources:',
    ...['nvidia-smi', 'nvidia-smi-nvlink', 'nvidia-smi-topo', 'pci', 'infiniband', 'hwmon', 'driver-module'].map(
      (source) => `  ${source}: { every: ${seconds}s }`,
    ),
    '',
  ].join('\n');

/** Waits for the first scrape for which it holds; nothing when it does not come in time. */
const awaitScrape = async (
  { scrapes }: Scraper,
  limitMs: number,
  holds: (scrape: Scrape) => boolean,
): Promise<Scrape | undefined> => {
  const from = scrapes.length;
  for (const endsAt = Date.now() + limitMs; Date.now() < endsAt; await sleep(50)) {
    const found = scrapes.slice(from).find((scrape) => isAnswered(scrape) && holds(scrape));
    if (found !== undefined) return found;
  }
  return undefined;
};

/** They have a verdict once their counters were read twice. */
const COUNTING = ['gpu/nvlink-errors', 'gpu/pcie-replays', 'network/link-errors', 'network/link-flaps'];

/** The same verdict for some seconds, with no source still to answer. */
const settled = async (scraper: Scraper): Promise<Scrape> => {
  let since: Scrape | undefined;
  const found = await awaitScrape(scraper, SETTLED_LIMIT_MS, (scrape) => {
    const isSame = since !== undefined && JSON.stringify(since.states) === JSON.stringify(scrape.states);
    if (!isSame) since = scrape;
    const isWhole =
      !Object.values(scrape.states).includes('unknown') &&
      COUNTING.every((check) => scrape.states[check] !== undefined);
    return isWhole && scrape.at - (since?.at ?? scrape.at) >= SETTLED_MS;
  });
  if (found === undefined) throw new Error(`the agent does not settle: ${JSON.stringify(scraper.scrapes.at(-1))}`);
  return found;
};

const play = async (one: ChaosCase, stage: Stage): Promise<Outcome> => {
  const { bench, agent, scraper } = stage;
  const healthy = await settled(scraper);
  const processes = watchProcesses(bench, agent);
  const eventsBefore = await agent.events();
  const from = scraper.scrapes.length - 1;

  const mend = await one.inflict(stage);
  const brokenAt = Date.now();
  const problems: string[] = [];
  try {
    await bench.machine.inject(SECOND_FAULT);
    await sleep(ofThisRun(one.seconds) * 1000);
    const now = scraper.scrapes.findLast(isAnswered);
    if (one.stopsAgent !== true && now?.findings.some((labels) => SECOND_FINDING.test(labels)) !== true)
      problems.push(`${SECOND_FAULT} is not seen`);
    problems.push(...((await one.meanwhile?.(stage)) ?? []));
  } finally {
    await mend();
  }
  const marks: Marks = { brokenAt, mendedAt: Date.now() };

  const well = await awaitScrape(scraper, SETTLED_LIMIT_MS, ({ states, findings }) => {
    const isAsBefore = Object.keys(healthy.states).every(
      (check) => states[check] === healthy.states[check] || one.damped?.includes(check) === true,
    );
    return isAsBefore && findings.some((labels) => SECOND_FINDING.test(labels));
  });
  if (well === undefined) {
    const last = scraper.scrapes.at(-1);
    const other = Object.keys(healthy.states).filter((check) => last?.states[check] !== healthy.states[check]);
    problems.push(
      `not as before ${SETTLED_LIMIT_MS / 1000} s after the mending: ${other.join(', ')} ${last?.error ?? ''}`,
    );
  }
  await sleep(SETTLED_MS);
  problems.push(...((await one.after?.(stage)) ?? []));
  problems.push(...lostEvents(eventsBefore, await agent.events()));

  processes.stop();
  const scrapes = scraper.scrapes.slice(from);
  const waited = waits(scrapes, one, marks);
  const unknown = new Set(scrapes.flatMap((scrape) => blind(scrape, healthy)));
  const unharmed = one.blinds.filter((check) => !unknown.has(check));
  const { intervals, problems: late } = recovery(one, healthy, scrapes, marks);
  const abandoned = scraper.scrapes.findLast(isAnswered)?.abandoned ?? Number.NaN;
  problems.push(
    ...unanswered(waited, marks),
    ...wronglyJudged(one, healthy, scrapes),
    ...late,
    ...tooLarge(scrapes),
    ...(unharmed.length > 0 ? [`never UNKNOWN, though blind: ${unharmed.join(', ')}`] : []),
    ...(processes.most() > TOOLS_AT_ONCE ? [`${processes.most()} processes at once`] : []),
    ...(abandoned === 0 ? [] : [`${abandoned} processes are still abandoned`]),
  );
  return {
    name: one.name,
    seconds: (marks.mendedAt - brokenAt) / 1000,
    worstMs: Math.max(...waited.map(({ ms }) => ms)),
    unknown: [...unknown],
    recoveryIntervals: intervals,
    mostProcesses: processes.most(),
    leftProcesses: 0,
    residentBytes: Math.max(...scrapes.map(({ residentBytes }) => residentBytes)),
    problems,
  };
};

/** Puts an agent before a simulated machine, breaks the machine, mends it, and holds what was seen against the promises. */
export const runCase = async (one: ChaosCase): Promise<Outcome> => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-chaos-'));
  const bench = await openBench(`hgx-h100-8+${STANDING_FAULT}`);
  const config = join(dir, 'muster.yaml');
  writeFileSync(config, configuration(one.intervalSeconds ?? INTERVAL_SECONDS), { mode: 0o644 });
  let setting: Setting = {};
  let agent: RunningAgent | undefined;
  let scraper: Scraper | undefined;
  try {
    setting = (await one.prepare?.({ bench, dir })) ?? {};
    agent = await startAgent(
      { ...bench.env, ...setting.env },
      { args: ['--config', config], ...(setting.command === undefined ? {} : { command: setting.command }) },
    );
    scraper = startScraper(agent.url);
    const outcome = await play(one, { bench, agent, scraper, dir });
    await scraper.stop();
    const end = await agent.end();
    const left = await leftOver(bench);
    const problems = [
      ...outcome.problems,
      ...(end === 0 ? [] : [`the agent ended with ${end}`]),
      ...left.map((line) => `left behind: ${line}`),
    ];
    return { ...outcome, leftProcesses: left.length, problems };
  } finally {
    await scraper?.stop();
    agent?.process.kill('SIGKILL');
    setting.close?.();
    await bench.close();
    rmSync(dir, { recursive: true, force: true });
  }
};
