// Scrapes /metrics as Prometheus does, over one connection that is kept, and prints each scrape as a line of JSON.
// A process of its own: what slows the tests down must not be taken for the agent's slowness.
//   node poll.mjs http://127.0.0.1:9780/metrics
import { Agent, get } from 'node:http';

const EVERY_MS = 200;
/** Five times what the agent promises: beyond it the scrape counts as not answered. */
const GIVE_UP_MS = 5000;

const [url] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const scrape = () =>
  new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: GIVE_UP_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.once('end', () => resolve(body));
      response.once('error', reject);
    });
    const limit = setTimeout(() => request.destroy(new Error(`no answer in ${GIVE_UP_MS / 1000} s`)), GIVE_UP_MS);
    request.once('error', reject).once('close', () => clearTimeout(limit));
  });

const one = (body, name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1] ?? Number.NaN);

const read = (body) => ({
  states: Object.fromEntries(
    [...body.matchAll(/^muster_check_status\{check="([^"]+)",.*state="([a-z]+)"\} 1$/gm)].map(([, ...pair]) => pair),
  ),
  findings: [...body.matchAll(/^muster_finding_active\{(.*)\} 1$/gm)].map(([, labels]) => labels),
  residentBytes: one(body, 'muster_agent_resident_memory_bytes'),
  abandoned: one(body, 'muster_abandoned_processes'),
  eventsInMemoryOnly: one(body, 'muster_events_in_memory_only'),
});

for (;;) {
  const at = Date.now();
  const startedMs = performance.now();
  const outcome = await scrape().then(read, (error) => ({ error: error.message }));
  const ms = performance.now() - startedMs;
  process.stdout.write(`${JSON.stringify({ at, ms, ...outcome })}\n`);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, EVERY_MS - ms)));
}
