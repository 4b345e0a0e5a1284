import type { VerdictReport } from '../../report/verdict-report.ts';
import { type Html, html } from '../html.ts';
import { toneOf } from './tone.ts';

/** Every check with what it said, folded away: whoever doubts a pass can see what it covered. */
export const checkList = ({ checks }: VerdictReport): Html => html`<h2>Every check</h2><div class="card"><details>
<summary>${checks.length} checks</summary><ul class="plain">${checks.map(
  ({ id, title, severity, reason }) =>
    html`<li><span class="badge ${toneOf(severity)}">${severity}</span> <span class="mono">${id}</span> ${title}
<span class="faint">${reason}</span></li>`,
)}</ul></details></div>`;
