import { namesOf } from '../../report/component-name.ts';
import { plural } from '../../report/plural.ts';
import { type UnknownGroup, unknownGroups } from '../../report/unknown-groups.ts';
import type { VerdictReport } from '../../report/verdict-report.ts';
import { decidingFindings } from '../../report/verdict-words.ts';
import { type Html, html } from '../html.ts';
import { findingCard } from './finding-card.ts';

const unknownCard = ({ reasons, checks }: UnknownGroup): Html => html`<article class="card">
<h3><span class="badge unknown">UNKNOWN</span> ${checks.length === 1 ? checks[0]?.title : plural(checks.length, 'check')}</h3>
${reasons.map((reason) => html`<p class="what">${reason}</p>`)}
<div class="mono faint">${checks.map(({ id }) => id).join('  ·  ')}</div>
</article>`;

const asideList = (verdict: VerdictReport): Html | undefined => {
  const aside = verdict.checks.flatMap(({ mode, findings }) =>
    findings.flatMap((finding) => {
      if (finding.suppressed_until !== undefined)
        return [{ finding, why: `suppressed until ${finding.suppressed_until.slice(0, 16).replace('T', ' ')} UTC` }];
      return mode === 'enforce' ? [] : [{ finding, why: 'observed only' }];
    }),
  );
  return aside.length === 0
    ? undefined
    : html`<h2>Seen, but not counted</h2><div class="card"><ul class="plain">${aside.map(
        ({ finding, why }) =>
          html`<li><span class="badge quiet">${finding.severity}</span> ${namesOf([finding.component])}: ${finding.message}
<span class="faint">${finding.check}, ${why}</span></li>`,
      )}</ul></div>`;
};

/** What is wrong, the worst first, then what could not be found out. */
export const failures = (verdict: VerdictReport): Html => {
  const findings = decidingFindings(verdict);
  const titles = new Map(verdict.checks.map(({ id, title }) => [id, title]));
  const unknown = unknownGroups(
    verdict.checks.filter(({ severity, mode }) => severity === 'UNKNOWN' && mode === 'enforce'),
  );
  const cards = [
    ...findings
      .filter(({ severity }) => severity === 'CRITICAL')
      .map((finding) => findingCard(finding, titles.get(finding.check) ?? finding.check)),
    ...unknown.map(unknownCard),
    ...findings
      .filter(({ severity }) => severity !== 'CRITICAL')
      .map((finding) => findingCard(finding, titles.get(finding.check) ?? finding.check)),
  ];
  return html`${cards.length === 0 ? undefined : html`<h2>What is wrong, and what to do</h2>${cards}`}${asideList(verdict)}`;
};
