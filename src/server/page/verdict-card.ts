import { countsInWords } from '../../report/counts.ts';
import type { VerdictReport } from '../../report/verdict-report.ts';
import { notEnforced, unsaidReason } from '../../report/verdict-words.ts';
import { type Html, html } from '../html.ts';
import { age } from './figures.ts';
import { toneOf } from './tone.ts';

/** The answer to the only question that a person at night has first. */
export const verdictCard = (verdict: VerdictReport): Html => {
  const { ready, enforcement, overall_severity, validation } = verdict;
  const tone = ready && overall_severity === 'INFO' ? 'good' : toneOf(overall_severity);
  const reason = notEnforced(verdict) ?? unsaidReason(verdict);
  return html`<section class="verdict ${tone}">
<p class="word">${enforcement.enabled ? (ready ? 'Ready for jobs' : 'Not ready for jobs') : 'Not enforced'}: ${overall_severity}</p>
<p>${countsInWords(verdict)}</p>${reason === undefined ? undefined : html`<p>${reason}</p>`}
<p class="faint">${validation.level} checks on facts at most ${age(validation.age_seconds)} old</p>
</section>`;
};
