import { defineCheck } from '../../src/api.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'host/refused-plugins',
  title: 'Plugins that cannot be used',
  why: 'What a check of the site would have said is unknown while Muster cannot use it: that must not look like health.',
  source:
    'the plugin directory and `plugins.executables` of the configuration, as read at the start and at each reload',
  remedy:
    'Each line names the file and what is wrong with it; `muster checks` lists what is in use. Correct or remove the plugin ' +
    'and run `systemctl reload muster`. docs/plugins.md says what a plugin must look like.',
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['plugins'],
  rules: {
    refused: condition('WARNING', 'Plugins are refused', stay('watch')),
  },
  judge: ({ plugins: { ref, refused } }) => {
    const [first, ...others] = refused.map(({ origin, reason }) => `${origin}: ${reason}`);
    if (first === undefined) return [{ pass: ref }];
    const message =
      others.length === 0
        ? `A plugin is refused: ${first}`
        : `${refused.length} plugins are refused: ${[first, ...others].join('; ')}`;
    // A warning, and no UNKNOWN: a mistake in one file that is rolled out must not take a fleet out of work.
    return [{ finding: { component: ref, code: 'refused', message, evidence: { refused: refused.length } } }];
  },
});
