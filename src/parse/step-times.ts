import { absent, known, type RankStep, type Reading } from '../api.ts';
import { csvFields } from './csv.ts';
import { decimal, integer } from './quantity.ts';

/** Where the columns of a file of step times stand, by name. */
export type StepColumns = ReadonlyMap<string, number>;

const NEEDED = ['step', 'rank', 'seconds'] as const;

/** The columns of a header line, in any order; others than `step,rank,seconds,node,gpu,role` are left alone. */
export const readStepHeader = (line: string): Reading<StepColumns> => {
  const columns = new Map(csvFields(line).map((name, position) => [name.toLowerCase(), position]));
  const missing = NEEDED.filter((name) => !columns.has(name));
  return missing.length === 0
    ? known(columns)
    : absent('failed', `no column ${missing.join(', ')}; the first line names them: step,rank,seconds[,node,gpu,role]`);
};

const count = (text: string, name: string): Reading<number> => {
  const read = integer(text);
  if (!read.ok) return absent('failed', `${name}: ${read.detail}`);
  return read.value >= 0 ? read : absent('failed', `${name}: ${read.value} is below 0`);
};

/** How long one rank took for one step. */
export const readStepLine = (columns: StepColumns, line: string): Reading<RankStep> => {
  const fields = csvFields(line);
  if (fields.length !== columns.size)
    return absent('failed', `${fields.length} fields, the header has ${columns.size}`);
  const textOf = (name: string): string => fields[columns.get(name) ?? -1] ?? '';
  const step = count(textOf('step'), 'step');
  if (!step.ok) return step;
  const rank = count(textOf('rank'), 'rank');
  if (!rank.ok) return rank;
  const seconds = decimal(textOf('seconds'));
  if (!seconds.ok) return absent('failed', `seconds: ${seconds.detail}`);
  if (seconds.value <= 0) return absent('failed', `seconds: ${seconds.value} is no duration of a step`);
  const gpuText = textOf('gpu');
  const gpu = gpuText === '' ? undefined : count(gpuText, 'gpu');
  if (gpu !== undefined && !gpu.ok) return gpu;
  const node = textOf('node');
  const role = textOf('role');
  return known({
    step: step.value,
    rank: rank.value,
    seconds: seconds.value,
    ...(role === '' ? {} : { role }),
    ...(node === '' ? {} : { node }),
    ...(gpu === undefined ? {} : { gpu: gpu.value }),
  });
};
