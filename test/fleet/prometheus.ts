import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface RealPrometheus {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
};

const exited = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', resolve));

/** Starts the real program on the loopback address, below a path prefix, on what `data` holds. */
export const startPrometheus = async ({
  directory,
  config,
}: {
  readonly directory: string;
  /** Of prometheus.yml. */
  readonly config: string;
}): Promise<RealPrometheus> => {
  mkdirSync(join(directory, 'data'), { recursive: true });
  writeFileSync(join(directory, 'prometheus.yml'), config);
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.route-prefix=/prometheus',
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited(child);
  };
  const url = `http://127.0.0.1:${port}/prometheus`;
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error('prometheus ended before it was ready');
    const ready = await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return { url, pid: child.pid ?? 0, stop };
    await sleep(100);
  }
  await stop();
  throw new Error('prometheus is not ready after 20 s');
};

/** The values of an instant query, by one of its labels. */
export const instant = async (
  { url }: RealPrometheus,
  query: string,
): Promise<readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]> => {
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const body = (await response.json()) as {
    readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
  };
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
};
