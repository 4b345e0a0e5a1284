import { actionWords } from '../../report/actions.ts';
import { nameOf, namesOf, whereabouts } from '../../report/component-name.ts';
import type { FindingReport } from '../../report/verdict-report.ts';
import { type Html, html } from '../html.ts';
import { toneOf } from './tone.ts';

const row = (label: string, value: string | undefined, tone = ''): Html | undefined =>
  value === undefined || value === '' ? undefined : html`<dt>${label}</dt><dd class="${tone}">${value}</dd>`;

const evidenceOf = ({ evidence }: FindingReport): string =>
  Object.entries(evidence)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');

/** A finding that counts: where, what, why, and what to do. */
export const findingCard = (finding: FindingReport, title: string): Html => html`<article class="card">
<h3><span class="badge ${toneOf(finding.severity)}">${finding.severity}</span> ${nameOf(finding.component)}
<span class="faint">${title}</span></h3>
<div class="mono faint">${whereabouts(finding.component).join('  ·  ')}</div>
<p class="what">${finding.message}</p>
<dl>${row('observed', finding.observed)}${row('expected', finding.expected)}${row('evidence', evidenceOf(finding))}${row(
  'related',
  finding.related && namesOf(finding.related),
)}${row('since', finding.first_seen?.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'))}${row('do', actionWords(finding.action), 'do')}
<dt>more</dt><dd class="mono">muster explain ${finding.check}</dd></dl>
</article>`;
