import type { NicPort, S } from '../../api.ts';
import type { Snapshot, Verdict } from '../../engine/snapshot.ts';
import { verdictAbout } from '../../engine/verdict.ts';
import { nameOf } from '../../report/component-name.ts';
import { componentReport } from '../../report/component-report.ts';
import { type Html, html } from '../html.ts';
import { figure } from './figures.ts';
import { toneOf } from './tone.ts';

const text = (reading: S): string => (reading.ok ? reading.value : `no value (${reading.reason})`);

const row = (port: NicPort, verdict: Verdict): Html => html`<tr>
<td><strong>${nameOf(componentReport(port.ref))}</strong></td>
<td><span class="badge ${toneOf(verdict)}">${verdict === 'SKIPPED' ? 'not judged' : verdict}</span></td>
<td>${port.role}</td><td>${text(port.state)}, ${text(port.physicalState)}</td><td>${figure(port.rateGbps, 'Gb/s')}</td>
<td>${port.pcie.width.ok && port.pcie.generation.ok ? `Gen${port.pcie.generation.value} x${port.pcie.width.value}` : '–'}</td>
<td class="mono">${text(port.firmwareVersion)}</td><td class="mono">${port.ref.pciBusId}</td></tr>`;

/** One row a port. */
export const nicTable = (snapshot: Snapshot): Html => {
  const { nics } = snapshot.facts;
  if (nics === undefined) return html`<h2>Network ports</h2><p class="card">Nothing has read them.</p>`;
  if (!nics.ok) return html`<h2>Network ports</h2><p class="card">Not known: ${nics.detail} (${nics.reason}).</p>`;
  return html`<h2>Network ports</h2><div class="scroll"><table>
<tr><th>port</th><th>health</th><th>role</th><th>state</th><th>rate</th><th>PCIe</th><th>firmware</th><th>PCI address</th></tr>
${nics.value.map((port) => row(port, verdictAbout(snapshot, port.ref)))}</table></div>`;
};
