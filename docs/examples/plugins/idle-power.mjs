/**
 * An idle GPU that draws more than it should: something holds its clocks up. A module with one check; it sees the facts
 * that Muster has collected and reads nothing itself.
 *
 * @type {import('muster/api').Check<'gpus', never, 'high', { watts: import('muster/api').Option<number> }>}
 */
export default {
  apiVersion: 1,
  id: 'site/idle-power',
  title: 'Idle GPU draws much power',
  why: 'Our power contract counts idle nodes: a GPU whose clocks are held up costs as much as one that works.',
  source: 'measured on our own nodes: 60 to 120 W idle',
  remedy: 'Look for what holds the clocks: `nvidia-smi -q -d CLOCK,PERFORMANCE -i <gpu>`; `nvidia-smi -rgc -i <gpu>`.',
  contexts: ['continuous', 'prejob'],
  requires: ['gpus'],
  options: {
    watts: {
      default: 150,
      unit: 'watts',
      source: 'measured on our own nodes',
      help: 'An idle GPU draws less than this.',
    },
  },
  rules: {
    high: {
      title: 'Idle power is high',
      severity: 'WARNING',
      action: { drain: false, then: 'watch' },
      lifetime: 'condition',
    },
  },
  raise: { hits: 3, of: 5, clear: 3 },
  judge: ({ gpus }, { options }) =>
    gpus.map(({ ref, busy, power }) => {
      const { latest } = power.drawWatts;
      // A reading is a value or a stated absence: what is not known is never taken for health.
      if (!busy.ok) return { unjudged: ref, because: busy };
      if (!latest.ok) return { unjudged: ref, because: latest };
      if (busy.value || latest.value < options.watts) return { pass: ref };
      return {
        finding: {
          component: ref,
          code: 'high',
          message: `GPU ${ref.index} is idle and draws ${latest.value} W, less than ${options.watts} W expected`,
          observed: `${latest.value} W`,
          expected: `below ${options.watts} W`,
        },
      };
    }),
};
