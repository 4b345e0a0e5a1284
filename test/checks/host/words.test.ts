import { describe, expect, it } from 'vitest';
import agentDegraded from '../../../checks/host/agent-degraded.ts';
import unknownMachine from '../../../checks/host/unknown-machine.ts';
import { type Action, absent, known } from '../../../src/api.ts';
import { resolveProfile } from '../../../src/knowledge/profiles/index.ts';
import { actionWords } from '../../../src/report/actions.ts';
import { healthyGpus, nodeRef } from '../../support/healthy-gpu.ts';
import { saidOf } from '../../support/said.ts';

describe('host/unknown-machine', () => {
  it('says once what is configured and what is there', () => {
    const gpus = healthyGpus(8);
    const profile = resolveProfile({ configured: 'hgx-h200-8', siteProfiles: [], gpus });
    const { messages, judgements } = saidOf(unknownMachine, { profile, gpus });
    expect(messages).toEqual([
      'The configuration says hgx-h200-8 (NVIDIA H200), but the machine has 8 × NVIDIA H100 80GB HBM3',
    ]);
    expect(judgements).toMatchObject([{ finding: { observed: 'NVIDIA H100 80GB HBM3', expected: 'hgx-h200-8' } }]);
  });
});

describe('host/agent-degraded', () => {
  const agent = { ref: nodeRef, durable: known(true) };

  it('says what to do about the configuration and about the disk', () => {
    const refused = { ...agent, configRefused: 'muster.yaml:1:1 web: must hold keys and values' };
    expect(saidOf(agentDegraded, { agent: refused }).messages).toEqual([
      'The configuration on disk cannot be used, the one before it is in force: ' +
        'muster.yaml:1:1 web: must hold keys and values; correct it and reload',
    ]);
    const full = { ...agent, durable: absent('failed', 'ENOSPC: no space left on device') };
    expect(saidOf(agentDegraded, { agent: full }).messages).toEqual([
      'Events are kept in memory and end with the agent: ENOSPC: no space left on device; ' +
        'free the disk or mount it writable',
    ]);
  });

  it.each(Object.entries(agentDegraded.rules as Readonly<Record<string, { readonly action: Action }>>))(
    '%s asks neither for nothing nor for a technician: no part is broken',
    (_, { action }) => {
      expect(actionWords(action)).not.toMatch(/^nothing$|serviced/);
    },
  );
});
