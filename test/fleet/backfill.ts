import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { nodeName, nodeSeries } from './page.ts';

/** Writes what a Prometheus would have scraped in these minutes, as OpenMetrics for `promtool tsdb create-blocks-from`. */
export const writeHistory = async (
  file: string,
  {
    nodes,
    fromMs,
    toMs,
    stepMs,
  }: { readonly nodes: number; readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Promise<void> => {
  const out = createWriteStream(file);
  // promtool takes the samples of a series in the order of time; the whole in any order.
  for (let node = 0; node < nodes; node++) {
    const target = `job="muster",instance="${nodeName(node)}:9780",node="${nodeName(node)}"`;
    for (let at = fromMs; at <= toMs; at += stepMs) {
      const page = nodeSeries(node, Math.floor(at / 60_000))
        .map(({ name, labels, value }) => `${name}{${target},${labels}} ${value} ${at / 1000}\n`)
        .join('');
      if (!out.write(page)) await once(out, 'drain');
    }
  }
  out.end('# EOF\n');
  await once(out, 'finish');
};
