import { expect, it } from 'vitest';
import { configurationPage } from '../../src/pages/configuration.ts';
import { configured } from '../support/configuration.ts';

it('the example of the documentation can be used as it stands', async () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(configurationPage()) ?? [];
  const { suppressions, checks } = await configured(example);
  expect(suppressions).toMatchObject([{ check: 'thermal/*', component: 'gpu2', owner: 'ann' }]);
  expect(checks['thermal/thermal-throttle']).toEqual({
    mode: 'enforce',
    contexts: ['continuous'],
    options: { share: 0.05 },
  });
});
