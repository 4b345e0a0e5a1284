import type { Snapshot, SourceStatus } from '../../engine/snapshot.ts';
import { type Html, html } from '../html.ts';
import { age } from './figures.ts';

const row = (
  { source, up, reason, detail, durationSeconds, lastSuccessAt }: SourceStatus,
  now: number,
): Html => html`<tr>
<td class="mono">${source}</td><td><span class="badge ${up ? 'good' : 'bad'}">${up ? 'answers' : (reason ?? 'does not answer')}</span></td>
<td>${lastSuccessAt === undefined ? 'never' : `${age((now - lastSuccessAt) / 1000)} ago`}</td>
<td>${durationSeconds.toFixed(durationSeconds < 0.1 ? 3 : 2)} s</td><td class="wide">${detail}</td></tr>`;

/** Where the facts come from and how old they are. */
export const sourceTable = (snapshot: Snapshot, now: number): Html => html`<h2>Sources</h2><div class="scroll"><table>
<tr><th>source</th><th>state</th><th>last success</th><th>took</th><th></th></tr>
${snapshot.sources.map((source) => row(source, now))}</table></div>${
  snapshot.abandonedProcesses > 0
    ? html`<p class="faint">${snapshot.abandonedProcesses} child processes would not die and were left behind.</p>`
    : undefined
}`;
