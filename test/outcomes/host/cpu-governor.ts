import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const POLICY0 = 'sys/devices/system/cpu/cpufreq/policy0/scaling_governor';
const POLICIES = 'sys/devices/system/cpu/cpufreq/policy*/scaling_governor';

export default {
  pass: [
    simulated(),
    simulated('gb200-nvl72'),
    simulated('hgx-h100-8+powersave').configured({
      checks: { 'host/cpu-governor': { mode: 'enforce', options: { accepted: ['performance', 'powersave'] } } },
    }),
    // A policy whose CPU went away has no files.
    simulated().with({ 'sys/devices/system/cpu/cpufreq/policy9/affected_cpus': '9\n' }),
  ],
  findings: {
    'not-performance': [
      {
        on: simulated('hgx-h100-8+powersave'),
        about: ['node'],
        severity: 'INFO',
        saying: /^2 of 2 frequency policies of the CPUs run under powersave, not performance$/,
      },
      {
        on: simulated().with({ [POLICY0]: 'schedutil\n' }),
        about: ['node'],
        saying: /^1 of 2 frequency policies of the CPUs run under schedutil, not performance$/,
      },
    ],
  },
  skipped: [
    simulated().without(POLICIES),
    simulated().without(POLICIES).with({ 'sys/devices/system/cpu/cpufreq/boost': '1\n' }),
    simulated().without('sys/**'),
  ],
  unknown: [
    simulated().failing({ 'sys/devices/system/cpu/cpufreq': 'denied: EACCES' }),
    simulated()
      .with({ 'sys/devices/system/cpu/cpufreq/policy0/affected_cpus': '0\n' })
      .failing({ [POLICY0]: 'timeout: no answer in 2 s' }),
  ],
} satisfies Outcomes;
