import type { Snapshot } from '../engine/snapshot.ts';
import type { VerdictReport } from '../report/verdict-report.ts';
import { html } from './html.ts';
import { checkList } from './page/check-list.ts';
import { failures } from './page/failures.ts';
import { age } from './page/figures.ts';
import { gpuTiles } from './page/gpu-tiles.ts';
import { nicTable } from './page/nic-table.ts';
import { sourceTable } from './page/source-table.ts';
import { STYLE } from './page/style.ts';
import { verdictCard } from './page/verdict-card.ts';

/** The node's page: whole in one answer, without script or anything to load, so that it works through any tunnel. */
export const nodePage = (snapshot: Snapshot, verdict: VerdictReport, now: number): string => {
  const { node, profile } = snapshot;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="30">
<title>${verdict.overall_severity} ${node.name} – Muster</title><style>${{ markup: STYLE }}</style></head><body>
${node.mock === undefined ? undefined : html`<div class="mock">SIMULATED MACHINE ${node.mock}: nothing here is about real hardware</div>`}
<header><h1>${node.name}</h1><span class="faint">${profile.title}${
    verdict.node.driver_version === undefined ? '' : ` · driver ${verdict.node.driver_version}`
  } · up ${age((now - node.bootedAt) / 1000)} · evaluated ${age((now - snapshot.at) / 1000)} ago</span></header>
<main>${verdictCard(verdict)}${failures(verdict)}${gpuTiles(snapshot)}${nicTable(snapshot)}${sourceTable(snapshot, now)}${checkList(verdict)}</main>
<footer><span>Muster ${verdict.tool.version}</span><a href="/metrics">/metrics</a><a href="/api/v1/status">/api/v1/status</a><a href="/api/v1/events">/api/v1/events</a>
<a href="/-/healthy">/-/healthy</a><a href="/-/ready">/-/ready</a><span>this page reloads every 30 s</span></footer>
</body></html>
`.markup;
};
