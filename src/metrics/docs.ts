import { CATALOGUE, type MetricFamily, type MetricGroup } from './catalogue.ts';
import { LABEL_VALUES, RECOVERY_ACTIONS, UNKNOWN_RECOVERY_ACTION } from './labels.ts';

const GROUPS: Readonly<Record<MetricGroup, string>> = {
  agent: 'The agent and its sources',
  checks: 'Checks and findings',
  validation: 'Validations',
  gpu: 'GPUs',
  straggler: 'Stragglers',
  nic: 'Network ports',
};

const code = (text: string): string => `\`${text}\``;

const remarks = ({ minimal, stateSet, sparse }: MetricFamily): string =>
  [
    ...(stateSet ? ['one series a state'] : []),
    ...(sparse ? ['only while it is so'] : []),
    ...(minimal ? ['also in `minimal`'] : []),
  ].join('; ');

const row = (family: MetricFamily): string =>
  `| ${code(family.name)} | ${family.type} | ${family.labels.map(code).join(' ')} | ${family.help} | ${remarks(family)} |`;

const group = (name: MetricGroup): string =>
  [
    `## ${GROUPS[name]}`,
    '',
    '| metric | type | labels | meaning | remarks |',
    '|---|---|---|---|---|',
    ...CATALOGUE.filter((family) => family.group === name).map(row),
  ].join('\n');

const labelValues = (): string =>
  [
    '## Values of labels',
    '',
    '| label | values |',
    '|---|---|',
    ...Object.entries(LABEL_VALUES).map(([label, values]) => `| ${label} | ${values.map(code).join(' ')} |`),
  ].join('\n');

const recoveryActions = (): string =>
  [
    '## Values of `muster_gpu_recovery_action`',
    '',
    '| value | action |',
    '|---|---|',
    ...RECOVERY_ACTIONS.map(({ value, meaning }) => `| ${value} | ${meaning} |`),
    `| ${UNKNOWN_RECOVERY_ACTION} | an action that this version does not know |`,
  ].join('\n');

/** The page about metrics, in Markdown, generated from the catalogue. */
export const metricsPage = (): string =>
  `${[
    '# Metrics',
    '',
    'Generated from `src/metrics/catalogue.ts`; do not edit.',
    '',
    'A scrape renders what the agent knows already and starts no tool. A reading that is absent has no series: a missing',
    'value is never a zero. GPU series join with those of dcgm-exporter on `UUID`, `gpu` or `pci_bus_id`; port series join',
    'with those of node_exporter on `device` and `port`. Because findings vanish when they clear, alert as well on',
    '`up == 0`, on `muster_source_up == 0` and on the age of `muster_source_last_success_timestamp_seconds`.',
    '',
    'Over the cap (`metrics.max_series`) windows go first, then port errors, then other readings; status and findings',
    'never do, and `muster_metrics_truncated` is 1.',
    '',
    ...(Object.keys(GROUPS) as MetricGroup[]).map((name) => `${group(name)}\n`),
    `${labelValues()}\n`,
    recoveryActions(),
  ].join('\n')}\n`;
