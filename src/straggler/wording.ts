import type { Component, Effect, Slowdown, StragglerLevel } from '../api.ts';
import type { Evidence } from './evidence.ts';
import { impactOf } from './evidence.ts';

export const percent = (share: number): string => {
  const value = share * 100;
  return `${Math.abs(value) < 1 && value !== 0 ? value.toFixed(1) : Math.round(value)} %`;
};

export const megahertz = (hertz: number): string => `${Math.round(hertz / 1e6)} MHz`;

/** `node-17 GPU 3`; without a node where only this one is looked at. */
export const partName = ({ kind, node, index, uuid }: Component): string => {
  if (kind === 'node') return node ?? 'this node';
  const gpu = `GPU ${index ?? uuid ?? '?'}`;
  return node === undefined ? gpu : `${node} ${gpu}`;
};

const shown: Readonly<Record<Effect['feature'], (effect: Effect) => string>> = {
  sm_clock: ({ observed, peerMedian, deviation }) =>
    `SM clock ${megahertz(observed)}, ${percent(deviation)} below the ${megahertz(peerMedian)}`,
  sm_clock_p05: ({ observed, peerMedian }) =>
    `SM clock dips to ${megahertz(observed)} (5th percentile), ${megahertz(peerMedian)}`,
  power: ({ observed, peerMedian, deviation }) =>
    `power ${Math.round(observed)} W, ${percent(deviation)} below the ${Math.round(peerMedian)} W`,
  busy: ({ observed, peerMedian, deviation }) =>
    `busy ${percent(observed)} of the time, ${percent(deviation)} less than the ${percent(peerMedian)}`,
  temperature: ({ observed, deviation, peerMedian }) =>
    `${Math.round(observed)} °C, ${Math.round(deviation)} °C above the ${Math.round(peerMedian)} °C`,
  step_time: ({ observed, peerMedian, deviation }) =>
    `its rank takes ${observed.toPrecision(3)} s a step, ${percent(deviation)} more than the ${peerMedian.toPrecision(3)} s`,
};

const againstWhom = ({ kind }: Component, { peers, persistence: { hits, of }, feature }: Effect): string => {
  const whom =
    peers === 0
      ? 'that it showed before in this job'
      : `of its ${peers} ${feature === 'step_time' ? 'peer ranks' : kind === 'node' ? 'peer nodes' : 'peers'}`;
  return ` ${whom} in ${hits} of ${of} ${feature === 'step_time' ? 'steps' : 'min'}`;
};

/** One clause an effect: what is seen, what the peers show, how persistently. */
export const effectText = (component: Component, effect: Effect): string =>
  `${shown[effect.feature](effect)}${againstWhom(component, effect)}`;

const slowdownText = (slowdown: Slowdown | undefined): string =>
  slowdown === undefined
    ? 'Job slowdown unknown'
    : `Estimated job slowdown ${percent(slowdown.estimate)} (${percent(slowdown.low)} to ${percent(slowdown.high)})`;

const TITLES: Readonly<Record<StragglerLevel, string>> = {
  suspect: 'SUSPECT',
  likely: 'LIKELY STRAGGLER',
  confirmed: 'STRAGGLER',
};

/** One line: verdict, part, causes, effects with their peers, impact, what it costs, what it rests on. */
export const stragglerMessage = (o: {
  readonly level: StragglerLevel;
  readonly component: Component;
  readonly jobId: string;
  readonly evidence: Evidence;
  readonly slowdown: Slowdown | undefined;
}): string => {
  const { level, component, jobId, evidence, slowdown } = o;
  const where = [
    ...(component.slot === undefined || component.kind === 'node' ? [] : [`slot ${component.slot}`]),
    ...(jobId === '' ? [] : [`job ${jobId}`]),
  ].join(', ');
  const seen = [
    ...evidence.causes.map(({ detail }) => detail),
    ...evidence.effects.map((effect) => effectText(component, effect)),
    ...[impactOf(evidence)].filter((impact) => impact !== undefined),
  ].join('; ');
  return `${TITLES[level]} ${partName(component)}${where === '' ? '' : ` (${where})`}: ${seen}. ${slowdownText(slowdown)}. ${confidenceText(evidence)}.`;
};

const confidenceText = (evidence: Evidence): string => {
  const { causes, effects, isNamedInBand } = evidence;
  const parts = [
    ...(causes.length > 0 ? ['a cause'] : []),
    ...(effects.length > 0 ? [effects.length > 1 ? `${effects.length} effects` : 'an effect'] : []),
    ...(impactOf(evidence) === undefined ? [] : ['an impact']),
    ...(isNamedInBand ? ["the job's own step times"] : []),
  ];
  return `Rests on ${parts.join(' and ')}`;
};

/** What would settle it, by what is missing. */
export const nextStepOf = (component: Component, { causes, effects }: Evidence): string => {
  const [cause] = causes;
  const gpu = component.kind === 'gpu' && component.index !== undefined ? ` -i ${component.index}` : '';
  const where = component.node === undefined ? 'here' : `on ${component.node}`;
  switch (cause?.kind) {
    case 'thermal_throttle':
      return 'Check fans, air flow and thermal paste of this GPU; compare its temperature again after the job';
    case 'power_brake':
      return 'Check power supplies and their cables: the board is told to brake (BMC event log)';
    case 'power_limit_lowered':
      return `If nobody wants the limit: \`nvidia-smi${gpu} -pl DEFAULT_WATTS\` ${where}, and the step time falls`;
    case 'clocks_locked':
      return `If nobody wants the lock: \`nvidia-smi${gpu} -rgc\` and \`nvidia-smi${gpu} -rac\` ${where}`;
    case 'pcie_degraded':
      return `\`muster validate --only 'gpu/pcie*'\` ${where}; reseat the board if the link stays narrow after a reboot`;
    case 'nvlink_degraded':
      return `\`muster validate --only 'gpu/nvlink*'\` ${where}`;
    case 'link_degraded':
      return `\`muster validate --only 'network/*'\` ${where}; a pairwise bandwidth test between jobs names the cable`;
    case 'remapped_rows':
      return 'Measure the GPU alone between jobs; with this many remapped rows ask for an exchange';
    case 'host_pressure':
      return `Look for what else runs ${where} (\`cat /proc/pressure/cpu\`, top)`;
    default:
      return effects.some(({ feature }) => feature === 'busy')
        ? `Look at the data loader and the host ${where}; post step times to the job socket to see which rank is late`
        : `Measure it alone between jobs (half a minute of matrix products beside a sibling ${where}), or swap it out and compare the step time`;
  }
};
