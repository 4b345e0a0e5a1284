import type { Severity } from '../../api.ts';
import { namesOf } from '../../report/component-name.ts';
import { plural } from '../../report/plural.ts';
import { type UnknownGroup, unknownGroups } from '../../report/unknown-groups.ts';
import type { VerdictReport } from '../../report/verdict-report.ts';
import { decidingFindings } from '../../report/verdict-words.ts';
import { type Html, html } from '../html.ts';
import { findingCard } from './finding-card.ts';

const headed = (heading: string, cards: readonly Html[]): Html | undefined =>
  cards.length === 0 ? undefined : html`<h2>${heading}</h2>${cards}`;

const unknownCard = ({ reasons, checks }: UnknownGroup): Html => html`<article class="card">
<h3><span class="badge unknown">UNKNOWN</span> ${checks.length === 1 ? checks[0]?.title : plural(checks.length, 'check')}</h3>
${reasons.map((reason) => html`<p class="what">${reason}</p>`)}
<div class="mono faint">${checks.map(({ id }) => id).join('  ·  ')}</div>
<dl><dt>do</dt><dd class="do">find out why it could not be read; see Sources, below</dd>
<dt>more</dt><dd class="mono">muster explain ${checks[0]?.id}</dd></dl>
</article>`;

const suppressionWords = (until: string, by: string | undefined): string =>
  `suppressed until ${until.slice(0, 16).replace('T', ' ')} UTC${by === undefined ? '' : ` by ${by}`}`;

const asideList = (verdict: VerdictReport): Html | undefined => {
  const aside = verdict.checks.flatMap(({ mode, findings }) =>
    findings.flatMap((finding) => {
      if (finding.suppressed_until !== undefined)
        return [{ finding, why: suppressionWords(finding.suppressed_until, finding.suppressed_by) }];
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

/** What is wrong, the worst first, what could not be found out, what is good to know, and what does not count. */
export const failures = (verdict: VerdictReport): Html => {
  const findings = decidingFindings(verdict);
  const titles = new Map(verdict.checks.map(({ id, title }) => [id, title]));
  const unknown = unknownGroups(
    verdict.checks.filter(({ severity, mode }) => severity === 'UNKNOWN' && mode === 'enforce'),
  );
  const cardsOf = (wanted: Severity): readonly Html[] =>
    findings
      .filter(({ severity }) => severity === wanted)
      .map((finding) => findingCard(finding, titles.get(finding.check) ?? finding.check));
  const wrong = [...cardsOf('CRITICAL'), ...unknown.map(unknownCard), ...cardsOf('WARNING')];
  return html`${headed('What is wrong, and what to do', wrong)}${headed('Good to know', cardsOf('INFO'))}${asideList(verdict)}`;
};
