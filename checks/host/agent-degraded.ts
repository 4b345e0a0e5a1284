import { defineCheck, type Judgement } from '../../src/api.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'host/agent-degraded',
  title: 'The agent itself is degraded',
  why: 'An agent that cannot keep what it saw, or that no longer asks every source, must not look as if it were whole.',
  source: 'the agent: its event store, its configuration, its own use of memory and CPU',
  remedy:
    'Free or remount the disk that holds the state directory (`df -h /var/lib/muster`, `dmesg | grep -i "remount"`); correct ' +
    'the configuration that `journalctl -u muster` names and reload; give the agent more memory, or find what makes it busy.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['agent'],
  rules: {
    'events-in-memory': condition(
      'WARNING',
      'Events do not reach the disk: free it or mount it writable',
      stay('watch'),
    ),
    'sources-shed': condition('WARNING', 'Optional sources are not asked', stay('watch')),
    'configuration-refused': condition(
      'WARNING',
      'The configuration was refused: correct it and reload',
      stay('watch'),
    ),
  },
  judge: ({ agent: { ref, durable, shed, configRefused } }) => {
    const judged = (
      code: 'events-in-memory' | 'sources-shed' | 'configuration-refused',
      message: string | undefined,
    ): Judgement<typeof code> =>
      message === undefined ? { pass: ref, code } : { finding: { component: ref, code, message } };
    return [
      judged(
        'events-in-memory',
        durable.ok
          ? undefined
          : `Events are kept in memory and end with the agent: ${durable.detail}; free the disk or mount it writable`,
      ),
      judged(
        'sources-shed',
        shed === undefined ? undefined : `${shed.sources.join(', ')} are not asked for now: ${shed.reason}`,
      ),
      judged(
        'configuration-refused',
        configRefused === undefined
          ? undefined
          : `The configuration on disk cannot be used, the one before it is in force: ${configRefused}; correct it and reload`,
      ),
    ];
  },
});
