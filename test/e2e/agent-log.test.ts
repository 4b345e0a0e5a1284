import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openBench } from '../support/agent.ts';
import { entry } from '../support/cli.ts';
import { askLine } from '../support/unix-client.ts';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

const dir = mkdtempSync(join(tmpdir(), 'muster-log-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('an agent whose log nobody reads answers on and ends when it is told to', { timeout: 90_000 }, async () => {
  const bench = await openBench('hgx-h100-8');
  const config = join(dir, 'muster.yaml');
  writeFileSync(config, '');
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [entry(), 'agent', '--config', config, '--web.listen', url.replace('http://', '')];
  // The pipe is never read: it holds 64 KiB (pipe(7)).
  const agent = spawn(process.execPath, args, { env: { ...bench.env }, stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const status = async (): Promise<number> =>
      (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined))?.status ?? 0;
    await expect.poll(status, { timeout: 30_000, interval: 200 }).toBe(200);
    writeFileSync(config, `checks:\n  gpu/none-of-${'x'.repeat(300)}: {mode: off}\n`);
    for (let i = 0; i < 400; i++) await askLine(join(bench.runtimeDir, 'muster.sock'), '{"verb":"reload"}\n');
    expect(await status()).toBe(200);
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill('SIGTERM');
    await ended;
  } finally {
    agent.kill('SIGKILL');
    await bench.close();
  }
});
