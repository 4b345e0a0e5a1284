import type { Component, Gpu } from '../../api.ts';
import type { Snapshot } from '../../engine/snapshot.ts';
import { isCounted, isSuppressed } from '../../engine/verdict.ts';
import { nameOf } from '../../report/component-name.ts';
import { componentReport } from '../../report/component-report.ts';
import { type Html, html } from '../html.ts';
import { figure } from './figures.ts';
import { type Health, healthOf } from './health.ts';

/** Held back for power at the limit, or idle, is how a healthy GPU runs. */
const NORMAL_REASONS = ['idle', 'sw_power_cap', 'application_clocks', 'display', 'sync_boost'];

const throttled = ({ throttle }: Gpu): string | undefined => {
  const active = Object.entries(throttle).flatMap(([reason, { active }]) =>
    active.ok && active.value && !NORMAL_REASONS.includes(reason) ? [reason.replaceAll('_', ' ')] : [],
  );
  return active.length === 0 ? undefined : active.join(', ');
};

/** The checks that make the tile what it is; a question mark where one could not say. */
const reasonsOf = ({ checks, at }: Snapshot, { key }: Component): readonly string[] => {
  const enforced = checks.filter(({ mode }) => mode === 'enforce');
  const found = enforced.filter((check) =>
    check.findings.some(
      (finding) => finding.component.key === key && finding.severity !== 'INFO' && isCounted(check, finding, at),
    ),
  );
  const silent = enforced.filter(
    (check) =>
      !found.includes(check) &&
      check.unjudged.some(
        (record) => record.component.key === key && record.verdict === 'UNKNOWN' && !isSuppressed(record, at),
      ),
  );
  // A lost GPU silences every check; three names are enough to see that.
  const questions = silent.slice(0, 3).map(({ id }) => `${id}?`);
  return [...found.map(({ id }) => id), ...questions, ...(silent.length > 3 ? [`${silent.length - 3} more?`] : [])];
};

const tile = (gpu: Gpu, { word, tone }: Health, reasons: readonly string[]): Html => {
  const held = throttled(gpu);
  return html`<div class="tile ${tone}">
<div class="top"><strong>${nameOf(componentReport(gpu.ref))}</strong><span class="badge ${tone}">${word}</span></div>
<div class="mono faint">${gpu.ref.pciBusId}<br>${gpu.ref.uuid}</div>
${reasons.length === 0 ? undefined : html`<div class="why">${reasons.join(', ')}</div>`}
<div class="figures"><span class="faint">core, memory</span><span>${figure(gpu.temperature.coreCelsius.latest, '°C')}, ${figure(gpu.temperature.memoryCelsius.latest, '°C')}</span>
<span class="faint">power</span><span>${figure(gpu.power.drawWatts.latest, 'W')} of ${figure(gpu.power.limitWatts, 'W')}</span>
<span class="faint">SM clock</span><span>${figure(gpu.clock.smHertz.latest, 'MHz', 1e-6)}</span>
<span class="faint">busy</span><span>${figure(gpu.utilizationRatio.latest, '%', 100)}</span>${
    held === undefined ? undefined : html`<span class="faint">held back</span><span>${held}</span>`
  }</div>
</div>`;
};

/** One tile a GPU. */
export const gpuTiles = (snapshot: Snapshot): Html => {
  const { gpus } = snapshot.facts;
  if (gpus === undefined) return html`<h2>GPUs</h2><p class="card">Nothing has read them.</p>`;
  if (!gpus.ok) return html`<h2>GPUs</h2><p class="card">Not known: ${gpus.detail} (${gpus.reason}).</p>`;
  return html`<h2>GPUs</h2><div class="tiles">${gpus.value.map((gpu) => tile(gpu, healthOf(snapshot, gpu.ref), reasonsOf(snapshot, gpu.ref)))}</div>`;
};
