import type { Outcomes } from '../../support/outcomes-of.ts';
import { simulated } from '../../support/raw-machine.ts';

const NODE = { kind: 'node', key: 'node' } as const;
const having = (...refused: readonly { readonly origin: string; readonly reason: string }[]) =>
  simulated().prepared((engine) => engine.offer('plugins', { ref: NODE, checks: [], refused }));

export default {
  pass: having(),
  findings: {
    refused: [
      {
        on: having({ origin: '/etc/muster/checks.d/fans.mjs', reason: 'SyntaxError: Unexpected token' }),
        about: ['node'],
        severity: 'WARNING',
        saying: /fans\.mjs: SyntaxError/,
      },
      {
        on: having({ origin: '/etc/muster/checks.d/a.mjs', reason: 'x' }, { origin: 'site/b', reason: 'y' }),
        about: ['node'],
        saying: /^2 plugins are refused/,
      },
    ],
  },
  skipped: simulated(),
  unknown: { never: 'what the configuration names was found or refused; there is no third outcome' },
} satisfies Outcomes;
