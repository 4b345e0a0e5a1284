import { type AgentHealth, absent, known } from '../../../src/api.ts';
import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const WELL: AgentHealth = { ref: { kind: 'node', key: 'node' }, durable: known(true) };
const agent = (health: Partial<AgentHealth>) =>
  simulated().prepared((engine) => engine.offer('agent', { ...WELL, ...health }));

export default {
  pass: agent({}),
  findings: {
    'events-in-memory': {
      on: agent({ durable: absent('failed', '/var/lib/muster: ENOSPC') }),
      about: ['node'],
      severity: 'WARNING',
      saying: /^Events are kept in memory and end with the agent: \/var\/lib\/muster: ENOSPC; free the disk/,
    },
    'sources-shed': {
      on: agent({ shed: { sources: ['hwmon', 'tasks'], reason: 'the agent is short of memory' } }),
      about: ['node'],
      severity: 'WARNING',
      saying: /^hwmon, tasks are not asked for now: the agent is short of memory$/,
    },
    'configuration-refused': {
      on: agent({ configRefused: '/etc/muster/muster.yaml:3:1 unknown key' }),
      about: ['node'],
      severity: 'WARNING',
      saying: /the one before it is in force: \/etc\/muster\/muster\.yaml:3:1 unknown key; correct it and reload$/,
    },
  },
  // Only the agent tells of itself.
  skipped: simulated(),
  unknown: { never: 'the agent itself states each part of its health, so that no part of it can be unknown' },
} satisfies Outcomes;
