import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { evaluate, type Outcome } from './pipeline.ts';
import { isHardwareFault, isHostFault, type ScoreOptions, score } from './scoring/score.ts';
import { scoreTable } from './scoring/table.ts';
import type { TruthFault } from './simulator/spec.ts';
import { type Scenario, type SetName, suite } from './suite.ts';

/**
 * Prints how well stragglers are named, on simulated jobs whose tools' output goes through the whole path. Nothing fails
 * here; the quality that DESIGN asks for stands beside the figures. `--set=tuning` is for whoever changes a rule.
 */

const option = (name: string, otherwise: string): string =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;

const set = option('set', 'reporting') as SetName;
const healthyScale = Number(option('scale', '1'));
// Jobs with faults take as long as all healthy ones at a third of their number.
const faultScale = Number(option('fault-scale', String(healthyScale / 3)));
const processes = Number(option('processes', String(cpus().length)));
const part = option('part', '');

const scenarios = (): readonly Scenario[] => [
  ...suite(set, healthyScale).filter(({ kind }) => kind === 'healthy'),
  ...suite(set, faultScale).filter(({ kind }) => kind !== 'healthy'),
];

/** One of several processes: outcomes as lines of JSON. */
const work = (): void => {
  const [own = 0, of = 1] = part.split('/').map(Number);
  for (const [i, scenario] of scenarios().entries())
    if (i % of === own) process.stdout.write(`${JSON.stringify(evaluate(scenario))}\n`);
};

const outcomesOf = async (own: number): Promise<readonly Outcome[]> => {
  const more = [`--set=${set}`, `--scale=${healthyScale}`, `--fault-scale=${faultScale}`, `--part=${own}/${processes}`];
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  const outcomes: Outcome[] = [];
  const ended = new Promise<number | null>((settle) => child.once('exit', settle));
  for await (const line of createInterface({ input: child.stdout })) {
    outcomes.push(JSON.parse(line) as Outcome);
    done += 1;
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${total} jobs `);
  }
  // A table over fewer jobs would look like any other.
  if ((await ended) !== 0) throw new Error(`process ${own} of ${processes} broke off after ${outcomes.length} jobs`);
  return outcomes;
};

let done = 0;
let total = 0;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const headline = (title: string, outcomes: readonly Outcome[], counts: ScoreOptions['counts']): void => {
  say(`\n--- ${title}\n`);
  say(scoreTable(score(outcomes, counts === undefined ? {} : { counts })));
};

const ownFault = ({ scope, meanSlowdown }: TruthFault): boolean =>
  (scope === 'gpu' || scope === 'node') && meanSlowdown >= LEAST;

/** Half way to the next smaller severity that is simulated: what was to cost 10 % costs 9.5 to 10.5. */
const LEAST = 0.095;

/** Verdict-minutes of jobs without a fault, by workload: what an operator reads of a healthy job. */
const verdictMinutes = (outcomes: readonly Outcome[]): string => {
  const byWorkload = new Map<string, Record<string, number>>();
  for (const { kind, workload, verdicts } of outcomes) {
    if (kind !== 'healthy') continue;
    const counts = byWorkload.get(workload) ?? {};
    for (const [verdict, minutes] of Object.entries(verdicts)) counts[verdict] = (counts[verdict] ?? 0) + minutes;
    byWorkload.set(workload, counts);
  }
  return [...byWorkload]
    .map(([workload, counts]) => {
      const all = Object.values(counts).reduce((sum, minutes) => sum + minutes, 0);
      const shares = Object.entries(counts).map(
        ([verdict, minutes]) => `${verdict} ${((100 * minutes) / all).toFixed(1)} %`,
      );
      return `${workload.padEnd(20)} ${shares.join(', ')}`;
    })
    .join('\n');
};

const report = async (): Promise<void> => {
  total = scenarios().length;
  const started = performance.now();
  const parts = await Promise.all(Array.from({ length: processes }, (_, own) => outcomesOf(own)));
  const outcomes = parts.flat();
  const seconds = (performance.now() - started) / 1000;
  const lines = outcomes.reduce((sum, one) => sum + one.lines, 0);
  const healthy = outcomes.filter(({ kind }) => kind === 'healthy');
  const hours = healthy.reduce((sum, { nodeHours }) => sum + nodeHours, 0);
  if (process.stderr.isTTY) process.stderr.write('\r');
  say(`${set} set: ${outcomes.length} jobs, ${Math.round(hours)} healthy node-hours, ${lines} lines of nvidia-smi`);
  say(`${Math.round(seconds)} s in ${processes} processes`);
  say('DESIGN: precision ≥ 0.97, recall ≥ 0.90, ≤ 0.1 likely and no confirmed false alarm in 1,000 healthy');
  say('node-hours, detected in ≤ 16 min (median), on faults of the hardware that cost the job 10 % or more');
  headline('hardware faults that show on the culprit, ≥ 10 %', outcomes, isHardwareFault(LEAST));
  headline(
    'of these, faults and workloads that no rule was tuned on',
    outcomes.filter(({ heldOut }) => heldOut),
    isHardwareFault(LEAST),
  );
  headline('hosts under pressure, ≥ 10 %', outcomes, (fault) => ownFault(fault) && isHostFault(fault));
  headline('all faults of one part, ≥ 10 %, also those that show nowhere', outcomes, ownFault);
  say('\n--- verdicts of healthy jobs, by workload (share of the minutes)\n');
  say(verdictMinutes(outcomes));
};

if (part === '') await report();
else work();
