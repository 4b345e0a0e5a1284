import { defineCheck } from '../../src/api.ts';
import { about } from '../shared/about.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'host/cpu-governor',
  title: 'CPU frequency governor saves power',
  why: 'Kernels are launched, and data prepared, by single threads of the host: a CPU that starts each burst at a low clock makes short kernels late.',
  source: 'docs.kernel.org, admin-guide/pm/cpufreq; gcm check-processor (performance)',
  remedy:
    'Set it, `cpupower frequency-set -g performance`, and keep it: `tuned-adm profile throughput-performance`, or `GOVERNOR=performance` in /etc/default/cpufrequtils.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['cpus'],
  options: {
    accepted: {
      default: ['performance'],
      source: 'gcm check-processor; a site that means another governor names it',
      help: 'Governors under which a CPU may run.',
    },
  },
  rules: {
    // With hardware-managed P-states powersave costs little: worth knowing, not worth waking anybody.
    'not-performance': condition('INFO', 'CPUs run under another governor', stay('watch')),
  },
  judge: ({ cpus: { ref, governors } }, { options }) => [
    about(ref, 'not-performance', governors, (counts) => {
      const all = Object.entries(counts);
      const others = all.filter(([governor]) => !options.accepted.includes(governor));
      if (others.length === 0) return undefined;
      const sum = (some: typeof all): number => some.reduce((total, [, count]) => total + count, 0);
      const names = others.map(([governor]) => governor).join(', ');
      return {
        message: `${sum(others)} of ${sum(all)} frequency policies of the CPUs run under ${names}, not ${options.accepted.join(' or ')}`,
        observed: names,
        expected: options.accepted.join(' or '),
        evidence: Object.fromEntries(all),
      };
    }),
  ],
});
