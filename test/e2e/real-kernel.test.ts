import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { VerdictReport } from '../../src/report/verdict-report.ts';
import { DEPLOY, hasTool } from '../deploy/support/tools.ts';
import { entry, PATH, type Sandbox, sandboxes } from '../support/cli.ts';
import { KMSG, noKernelDevice, withoutRateLimit, writeKernel } from '../support/kernel-device.ts';

const sandbox = sandboxes();
/** The kernel log is read once a second; a busy machine gets more. */
const SOON = { timeout: 15_000, interval: 200 };
/** Scrape, evaluation and group wait take a second each. */
const ALERTED = { timeout: 45_000, interval: 500 };

/** The kernel log outlives the tests: each run has a GPU and a name of its own. */
const RUN = `muster-${process.pid}-${Date.now().toString(36)}`;
const GPUS = ['1b', '43', '52', '61', '9d', 'c3'];
const BUS = GPUS[process.pid % GPUS.length] ?? '1b';
const PCI_BUS_ID = `00000000:${BUS.toUpperCase()}:00.0`;
const fatalXid = (name: string): string =>
  `NVRM: Xid (PCI:0000:${BUS}:00): 79, pid=4242, name=${name}, GPU has fallen off the bus.`;

const children: ChildProcess[] = [];
const started = (
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; log: () => string } => {
  const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  children.push(child);
  return { child, log: () => log };
};
afterAll(async () => {
  for (const child of children.reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.race([gone, sleep(5000).then(() => child.kill('SIGKILL'))]);
  }
});

const startAgent = async (place: Sandbox): Promise<string> => {
  const { child, log } = started(
    process.execPath,
    [entry(), 'agent', '--mock', 'hgx-h100-8', '--web.listen', '127.0.0.1:0'],
    { ...place.env, PATH, MUSTER_KMSG: KMSG, MUSTER_KERNEL_LOG_TRUST: 'any' },
  );
  for (let waited = 0; !log().includes('serving on http:'); waited += 50) {
    if (child.exitCode !== null || waited > 20_000) throw new Error(`the agent does not serve: ${log()}`);
    await sleep(50);
  }
  const url = /serving on (http:\/\/[0-9.:]+)/.exec(log())?.[1] ?? '';
  await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).status).toBe(200), SOON);
  return url;
};

const textOf = async (url: string): Promise<string> => (await fetch(url)).text();
const statusOf = async (url: string): Promise<VerdictReport> =>
  JSON.parse(await textOf(`${url}/api/v1/status`)) as VerdictReport;

/** Xids of one GPU that the agent has counted, of all classes. */
const countedOf = async (url: string, pciBusId: string): Promise<number> =>
  [...(await textOf(`${url}/metrics`)).matchAll(/^muster_gpu_xid_events_total\{([^}]*)\} (\d+)$/gm)]
    .filter(([, labels = '']) => labels.includes(`pci_bus_id="${pciBusId}"`))
    .reduce((sum, [, , value]) => sum + Number(value), 0);

const lostOf = async (url: string): Promise<number> =>
  Number(/(\d+) kernel records were overwritten/.exec(await textOf(`${url}/api/v1/status`))?.[1] ?? 0);

describe.skipIf(noKernelDevice !== undefined)(`an agent that reads ${KMSG} (${noKernelDevice ?? 'as root'})`, () => {
  let url = '';
  let place: Sandbox;
  beforeAll(async () => {
    place = sandbox();
    url = await startAgent(place);
  }, 60_000);

  it('shows an Xid in the metrics and in the status', async () => {
    const before = await countedOf(url, PCI_BUS_ID);
    writeKernel(fatalXid(`${RUN}-first`));
    await expect.poll(() => countedOf(url, PCI_BUS_ID), SOON).toBe(before + 1);
    const series = (await textOf(`${url}/metrics`))
      .split('\n')
      .filter((line) => line.startsWith('muster_finding_active{') && line.includes(`pci_bus_id="${PCI_BUS_ID}"`));
    expect(series).toEqual([expect.stringMatching(/check="gpu\/xid-errors".*severity="critical".* 1$/)]);
    const findings = (await statusOf(url)).checks.find(({ id }) => id === 'gpu/xid-errors')?.findings ?? [];
    expect(findings).toContainEqual(
      expect.objectContaining({
        severity: 'CRITICAL',
        code: 'fatal-xid',
        component: expect.objectContaining({ pci_bus_id: PCI_BUS_ID }),
        evidence: expect.objectContaining({ xid: 79, process: `${RUN}-first` }),
      }),
    );
  });

  const noAlerts = ['prometheus', 'prometheus-alertmanager'].filter((tool) => !hasTool(tool));
  it.skipIf(noAlerts.length > 0)(
    `reaches who is on call through Prometheus and Alertmanager${noAlerts.length > 0 ? ` (skipped: ${noAlerts.join(', ')} not installed)` : ''}`,
    async () => {
      const onCall = await startWebhook();
      await startAlerting(place.dir, { agent: url, webhook: onCall.url });
      writeKernel(fatalXid(`${RUN}-alert`));
      const alert = (name: string) =>
        onCall.alerts().find(({ labels }) => labels.alertname === name && labels.pci_bus_id === PCI_BUS_ID);
      await expect
        .poll(() => alert('MusterFatalXid'), ALERTED)
        .toMatchObject({
          status: 'firing',
          labels: { severity: 'critical', xid: '79', job: 'muster' },
          annotations: { runbook_url: 'docs/checks.md#gpuxid-errors' },
        });
      await expect
        .poll(() => alert('MusterCriticalFinding'), ALERTED)
        .toMatchObject({
          status: 'firing',
          labels: { check: 'gpu/xid-errors', code: 'fatal-xid' },
        });
      onCall.server.close();
    },
    120_000,
  );

  it('loses no Xid of a burst that the ring holds', async () => {
    const bus = `${(process.pid % 0xffff).toString(16).padStart(4, '0')}:7e:00`;
    const burst = Array.from({ length: 200 }, (_, i) =>
      i % 10 === 0 ? `NVRM: Xid (PCI:${bus}): 31, pid=${i}, name=${RUN}, Ch 00000008` : `${RUN}: line ${i} of a burst`,
    );
    const lostBefore = await lostOf(url);
    await withoutRateLimit(async () => writeKernel(...burst));
    await expect.poll(() => countedOf(url, `0000${bus.toUpperCase()}.0`), SOON).toBe(20);
    expect(await lostOf(url)).toBe(lostBefore);
  });

  it('counts every Xid of a flood, or the records that it lost, and goes on', async () => {
    const bus = `${(process.pid % 0xffff).toString(16).padStart(4, '0')}:7f:00`;
    const pciBusId = `0000${bus.toUpperCase()}.0`;
    const lostBefore = await lostOf(url);
    await withoutRateLimit(async () => {
      const writer = started(
        process.execPath,
        [join(import.meta.dirname, '../support/flood-writer.mjs'), KMSG, '10000', '3', bus],
        { PATH },
      );
      const [exitCode] = (await once(writer.child, 'exit')) as [number | null];
      expect(exitCode, writer.log()).toBe(0);
    });
    const before = await countedOf(url, PCI_BUS_ID);
    writeKernel(fatalXid(`${RUN}-after`));
    await expect.poll(() => countedOf(url, PCI_BUS_ID), SOON).toBe(before + 1);
    const counted = await countedOf(url, pciBusId);
    const lost = (await lostOf(url)) - lostBefore;
    // One Xid in a hundred lines, and a gap may begin and end with one.
    expect(300 - counted).toBeLessThanOrEqual(lost / 50 + 1);
    // Three readings of a ring of 128 KiB would find some forty.
    expect(counted).toBeGreaterThan(75);
  }, 60_000);
});

interface Alert {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What a pager would be: it remembers the alerts that it was sent. */
const startWebhook = async (): Promise<{ server: Server; url: string; alerts: () => readonly Alert[] }> => {
  const alerts: Alert[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      alerts.push(...(JSON.parse(body) as { alerts: Alert[] }).alerts);
      response.end();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, alerts: () => alerts };
};

/** Neither of the two says which port it got when it is asked to choose. */
const freePort = async (): Promise<number> => {
  const server = createTcpServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** A Prometheus with the rules as they ship, and an Alertmanager, both with intervals of a second. */
const startAlerting = async (dir: string, o: { readonly agent: string; readonly webhook: string }): Promise<void> => {
  const [prometheus, alertmanager] = [await freePort(), await freePort()];
  const [data, silences] = [join(dir, 'prometheus'), join(dir, 'alertmanager')];
  for (const folder of [data, silences]) mkdirSync(folder);
  const file = (name: string, content: unknown): string => {
    const path = join(dir, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  // YAML is a superset of JSON.
  const config = file('prometheus.yml', {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(DEPLOY, 'prometheus/alerts.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager}`] }] }] },
    scrape_configs: [
      {
        job_name: 'muster',
        static_configs: [{ targets: [o.agent.replace('http://', '')] }],
        // The rules keep silent about a simulated machine, and this one plays a real one.
        metric_relabel_configs: [{ action: 'labeldrop', regex: 'mock' }],
      },
    ],
  });
  const routes = file('alertmanager.yml', {
    route: { receiver: 'on-call', group_by: ['...'], group_wait: '1s', group_interval: '1s' },
    receivers: [{ name: 'on-call', webhook_configs: [{ url: o.webhook }] }],
  });
  const env = { PATH, HOME: dir };
  const on = (port: number): string => `--web.listen-address=127.0.0.1:${port}`;
  started(
    'prometheus-alertmanager',
    [`--config.file=${routes}`, `--storage.path=${silences}`, on(alertmanager), '--cluster.listen-address='],
    env,
  );
  started('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${data}`, on(prometheus)], env);
  for (const port of [prometheus, alertmanager]) {
    const answers = (): Promise<number> =>
      fetch(`http://127.0.0.1:${port}/-/ready`).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(answers, SOON).toBe(200);
  }
};
