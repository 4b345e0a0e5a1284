import type { Minutes } from '../../parse/prometheus/minutes.ts';
import type { JobGpu } from './frames.ts';
import type { Records } from './gpu-record.ts';
import { isScrapedTwice } from './merged-gpu.ts';
import { COLUMNS } from './queries.ts';

const NAMED = 3;

/** `gpu-001, gpu-002, gpu-003 and 9 more`. */
export const listed = (names: Iterable<string>): string => {
  const all = [...new Set(names)].sort();
  return all.length <= NAMED ? all.join(', ') : `${all.slice(0, NAMED).join(', ')} and ${all.length - NAMED} more`;
};

const nodesOf = (gpus: readonly JobGpu[]): readonly string[] =>
  [...new Set(gpus.map(({ ref }) => ref.node ?? ''))].sort();

const scrapedTwice = (gpus: readonly JobGpu[], minutes: Minutes): readonly string[] => {
  const twice = gpus.filter(({ gpu }) => gpu.records.length > 1 && isScrapedTwice(gpu, minutes));
  const [first] = twice;
  if (first === undefined) return [];
  const targets = first.gpu.records.map(({ identity }) => identity.target).join(' and ');
  return [
    `${twice.length} GPUs on ${listed(nodesOf(twice))} are scraped more than once (${targets}): each is counted once, by the target that told most; scrape each agent in one job`,
  ];
};

const columnName = ({ name, ...more }: (typeof COLUMNS)[number]): string =>
  'stat' in more ? `${name}{stat="${more.stat}"}` : name;

/** Agents of other versions, and series that a relabelling dropped. */
const missing = (gpus: readonly JobGpu[], { count }: Minutes): readonly string[] => {
  const without = COLUMNS.map((column, place) => ({
    column,
    gpus: gpus.filter(({ gpu: { records } }) =>
      records.every(({ columns }) => columns.subarray(place * count, (place + 1) * count).every(Number.isNaN)),
    ),
  })).filter((one) => one.gpus.length > 0);
  // Nodes that lack the same series share one line.
  const lines = new Map<string, string[]>();
  for (const { column, gpus: lacking } of without) {
    const nodes = nodesOf(lacking);
    const where =
      nodes.length === nodesOf(gpus).length
        ? 'no node'
        : `not ${nodes.length} of ${nodesOf(gpus).length} nodes (${listed(nodes)})`;
    lines.set(where, [...(lines.get(where) ?? []), columnName(column)]);
  }
  return [...lines].map(
    ([where, names]) =>
      `${where === 'no node' ? 'no node exports' : `${where.replace('not ', '')} export no`} ${names.join(', ')}${where === 'no node' ? '' : ' of some GPU'}; are the agents up to date, and are the series kept?`,
  );
};

const unknownCauses = ({ unknownCauses: causes }: Records): readonly string[] =>
  causes.size === 0
    ? []
    : [
        `${listed(causes)} ${causes.size === 1 ? 'is a cause' : 'are causes'} that this version does not know; update it`,
      ];

/** What the reader of a verdict about this job has to know about its data. */
export const jobProblems = (gpus: readonly JobGpu[], records: Records): readonly string[] => [
  ...scrapedTwice(gpus, records.minutes),
  ...missing(gpus, records.minutes),
  ...unknownCauses(records),
];
