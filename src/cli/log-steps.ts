import type { RankStep } from '../api.ts';
import { eachLine } from '../collectors/query-log/csv-lines.ts';
import { nodesOfNames } from '../collectors/query-log/same-node.ts';
import { usageError } from '../errors.ts';
import { readStepHeader, readStepLine, type StepColumns } from '../parse/step-times.ts';
import { plural } from '../report/plural.ts';
import type { JobOfNode } from './log-jobs.ts';
import { listed, warn } from './warn.ts';

interface StepLine {
  readonly line: number;
  readonly step: RankStep;
}

interface StepLines {
  readonly steps: readonly StepLine[];
  /** Lines that are no step, with the first of them. */
  readonly bad: number;
  readonly firstBad?: string;
}

const readLines = async (file: string): Promise<StepLines> => {
  const steps: StepLine[] = [];
  let columns: StepColumns | undefined;
  let refused: string | undefined;
  let bad = 0;
  let firstBad: string | undefined;
  const read = await eachLine(file, ({ line, text }) => {
    if (refused !== undefined) return;
    if (columns === undefined) {
      const header = readStepHeader(text);
      if (header.ok) columns = header.value;
      else refused = `${file}:${line}: ${header.detail}`;
      return;
    }
    const step = readStepLine(columns, text);
    if (step.ok) {
      steps.push({ line, step: step.value });
      return;
    }
    bad += 1;
    firstBad ??= `${file}:${line}: ${step.detail}`;
  });
  if (!read.ok) throw usageError(`--steps: ${read.detail}`);
  if (refused !== undefined) throw usageError(`--steps: ${refused}`);
  return { steps, bad, ...(firstBad === undefined ? {} : { firstBad }) };
};

/** The only one there is. */
const only = (values: readonly string[]): string | undefined => (values.length === 1 ? values[0] : undefined);

/** The step times of the file of `--steps` by job; a step without a node belongs to the only job, and to its only node. */
export const readSteps = async (
  file: string | undefined,
  nodes: readonly string[],
  jobOf: JobOfNode,
): Promise<ReadonlyMap<string, readonly RankStep[]>> => {
  const byJob = new Map<string, RankStep[]>();
  if (file === undefined) return byJob;
  const { steps, bad, firstBad } = await readLines(file);
  const names = [...new Set(steps.flatMap(({ step }) => step.node ?? []))];
  const nodeOf = nodesOfNames(names, nodes);
  const onlyNode = only(nodes);
  const onlyJob = only([...new Set(nodes.flatMap((node) => jobOf(node) ?? []))]);
  const unplaced: string[] = [];

  for (const { line, step } of steps) {
    // A node without a GPU would say that the whole node is slow.
    const implied = step.gpu === undefined ? undefined : onlyNode;
    const node = step.node === undefined ? implied : (nodeOf.get(step.node) ?? step.node);
    const job = step.node === undefined ? onlyJob : jobOf(node ?? step.node);
    if (job === undefined) {
      const why = step.node === undefined ? 'several jobs, and no node column says which' : `node ${node} is in no job`;
      unplaced.push(`${file}:${line}: ${why}`);
      continue;
    }
    const placed = node === undefined || node === step.node ? step : { ...step, node };
    const ofJob = byJob.get(job);
    if (ofJob === undefined) byJob.set(job, [placed]);
    else ofJob.push(placed);
  }

  const first = firstBad ?? unplaced[0];
  const skipped = bad + unplaced.length;
  if (byJob.size === 0) throw usageError(`--steps: ${first ?? `${file} holds no step; log some`}`);
  if (skipped > 0) warn(`${first} (${plural(skipped, 'line')} skipped)`);
  const unknown = names.filter((name) => !nodeOf.has(name) && jobOf(name) !== undefined);
  if (unknown.length > 0)
    warn(`${file}: there is no log of ${listed(unknown)}; what their ranks take counts for the job only`);
  return byJob;
};
