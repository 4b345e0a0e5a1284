import type { NicPort, S } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { nameOf } from '../../report/component-name.ts';
import { componentReport } from '../../report/component-report.ts';
import { type Html, html } from '../html.ts';
import { figure } from './figures.ts';
import { type Health, healthOf } from './health.ts';

const text = (reading: S): string => (reading.ok ? reading.value : `no value (${reading.reason})`);

const hasNoLink = ({ state }: NicPort): boolean => state.ok && state.value !== 'ACTIVE';

/** A port without a link has no rate: that is no value that is missing. */
const rate = (port: NicPort): string => (hasNoLink(port) && !port.rateGbps.ok ? '–' : figure(port.rateGbps, 'Gb/s'));

/** Nobody expects anything of a port that is not in use: it is neither well nor ill. */
const NOT_USED: Health = { word: 'not used', tone: 'info' };
/** Nothing is raised against it, yet or at all; it is not well either. */
const NO_LINK: Health = { word: 'no link', tone: 'info' };

const healthOfPort = (snapshot: Snapshot, port: NicPort): Health => {
  const health = healthOf(snapshot, port.ref);
  if (health.tone !== 'good') return health;
  if (port.role === 'unused') return NOT_USED;
  return hasNoLink(port) ? NO_LINK : health;
};

const row = (port: NicPort, { word, tone }: Health): Html => html`<tr>
<td><strong>${nameOf(componentReport(port.ref))}</strong></td>
<td><span class="badge ${tone}">${word}</span></td>
<td>${port.role}</td><td>${text(port.state)}, ${text(port.physicalState)}</td><td>${rate(port)}</td>
<td>${port.pcie.width.ok && port.pcie.generation.ok ? `Gen${port.pcie.generation.value} x${port.pcie.width.value}` : '–'}</td>
<td class="mono">${text(port.firmwareVersion)}</td><td class="mono">${port.ref.pciBusId}</td></tr>`;

/** One row a port. */
export const nicTable = (snapshot: Snapshot): Html => {
  const { nics } = snapshot.facts;
  if (nics === undefined) return html`<h2>Network ports</h2><p class="card">Nothing has read them.</p>`;
  if (!nics.ok) return html`<h2>Network ports</h2><p class="card">Not known: ${nics.detail} (${nics.reason}).</p>`;
  return html`<h2>Network ports</h2><div class="scroll"><table>
<tr><th>port</th><th>health</th><th>role</th><th>state</th><th>rate</th><th>PCIe</th><th>firmware</th><th>PCI address</th></tr>
${nics.value.map((port) => row(port, healthOfPort(snapshot, port)))}</table></div>`;
};
