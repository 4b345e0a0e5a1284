import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entry } from '../support/cli.ts';
import { bootSystemd, type Namespace, whyNoNamespace } from './support/namespace.ts';
import { DEPLOY } from './support/tools.ts';

/** What an administrator types, from the README: the first block installs. */
const [INSTALL = ''] = [
  ...readFileSync(join(DEPLOY, 'systemd/README.md'), 'utf8').matchAll(/^```\n([\s\S]*?)^```$/gm),
].map(([, block]) => block);

/** As long as a test may wait, and above what a busy machine takes for a ping and its deadline. */
const WATCHDOG_SECONDS = 6;

/** A simulated machine on the real kernel log and the real directories. */
const DROP_IN = `[Service]
ExecStart=
ExecStart=/usr/bin/node /opt/muster/dist/main.js agent --mock hgx-h100-8
Environment=MUSTER_KMSG=/dev/kmsg MUSTER_STATE_DIR=/var/lib/muster MUSTER_RUNTIME_DIR=/run/muster
WatchdogSec=${WATCHDOG_SECONDS}s
TimeoutStartSec=30s
RestartSec=1s
ExecStartPost=/bin/sh /etc/muster/sandbox.sh
`;

/** Tries from within the service what it may and may not do. */
const SANDBOX = `try() { "$@" 2>/dev/null && echo "may $*" || echo "may not $*"; }
{
  try touch /var/lib/muster/own
  try touch /run/muster/own
  try touch /etc/muster/own
  try touch /usr/own
  try touch /opt/muster/own
  try touch /var/log/own
  try mount -t tmpfs tmpfs /mnt
  try mknod /run/muster/device c 1 3
  try sh -c 'dd if=/dev/kmsg bs=8192 count=1 | grep -q .'
} >/run/muster/sandbox
`;

const reason = await whyNoNamespace();

describe.skipIf(reason !== undefined).sequential(`muster.service${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let machine: Namespace;
  const property = (name: string): string =>
    machine.run('systemctl', 'show', 'muster', '--value', '--property', name).said.trim();
  const metrics = (): string =>
    machine.run('node', '-e', "fetch('http://127.0.0.1:9780/metrics').then((r) => r.text()).then(console.log)").said;

  beforeAll(async () => {
    entry();
    machine = await bootSystemd();
    const { code, said } = machine.shell(`
      mkdir -p /etc/systemd/system/muster.service.d /etc/muster
      cat > /etc/systemd/system/muster.service.d/test.conf <<'END'\n${DROP_IN}\nEND
      cat > /etc/muster/sandbox.sh <<'END'\n${SANDBOX}\nEND
      cd /mnt/muster
      ${INSTALL}`);
    if (code !== 0) throw new Error(`${said}\n${machine.run('journalctl', '-u', 'muster', '-n', '50').said}`);
  }, 90_000);
  afterAll(async () => machine?.end());

  it('is active, and ready, when the start returns', () => {
    expect(
      machine.run('node', '-e', "fetch('http://127.0.0.1:9780/readyz').then((r) => console.log(r.status))"),
    ).toEqual({ code: 0, said: '200\n' });
    expect(property('ActiveState')).toBe('active');
    expect(property('NRestarts')).toBe('0');
    expect(property('StatusText')).not.toBe('');
    expect(machine.run('systemctl', 'is-enabled', 'muster').said).toBe('enabled\n');
  });

  it('writes lines to the journal that a person can read, under its own name', () => {
    const { said } = machine.run('journalctl', '-u', 'muster', '--no-pager');
    expect(said).toMatch(/ muster\[\d+\]: .*serving on http:\/\/127\.0\.0\.1:9780/);
    expect(said).not.toContain('blob data');
  });

  it('reads the kernel log, keeps its own directories, and can write nowhere else', () => {
    expect(metrics()).toMatch(/^muster_source_up\{source="kernel-log"\} 1$/m);
    expect(machine.shell('ls /run/muster | grep -v -x -e own -e sandbox').said).not.toBe('');
    expect(machine.run('cat', '/run/muster/sandbox').said.trim().split('\n')).toEqual([
      'may touch /var/lib/muster/own',
      'may touch /run/muster/own',
      'may not touch /etc/muster/own',
      'may not touch /usr/own',
      'may not touch /opt/muster/own',
      'may not touch /var/log/own',
      'may not mount -t tmpfs tmpfs /mnt',
      'may not mknod /run/muster/device c 1 3',
      'may sh -c dd if=/dev/kmsg bs=8192 count=1 | grep -q .',
    ]);
  });

  it('outlives the period of the watchdog: it pings', { timeout: 20_000 }, async () => {
    const seconds = (): number => Number(property('WatchdogTimestampMonotonic')) / 1e6;
    const after = seconds() + WATCHDOG_SECONDS;
    await expect.poll(seconds, { timeout: 15_000, interval: 500 }).toBeGreaterThan(after);
    expect(property('NRestarts')).toBe('0');
  });

  it('reloads without a restart', async () => {
    const pid = property('MainPID');
    expect(machine.run('systemctl', 'reload', 'muster')).toEqual({ code: 0, said: '' });
    await expect.poll(() => property('ActiveState'), { timeout: 6000 }).toBe('active');
    // A signal that nobody handles kills after the reload has returned.
    await sleep(500);
    expect({ pid: property('MainPID'), restarts: property('NRestarts') }).toEqual({ pid, restarts: '0' });
  });

  it('is started again by the watchdog when it no longer turns', { timeout: 40_000 }, async () => {
    const pid = property('MainPID');
    machine.run('systemctl', 'kill', '--kill-whom=main', '--signal=SIGSTOP', 'muster');
    await expect.poll(() => property('NRestarts'), { timeout: 20_000, interval: 500 }).toBe('1');
    await expect.poll(() => property('ActiveState'), { timeout: 15_000, interval: 200 }).toBe('active');
    expect(property('MainPID')).not.toBe(pid);
    expect(machine.run('journalctl', '-u', 'muster', '--no-pager').said).toContain('Watchdog timeout');
  });

  it('is started again after a signal that nobody asked for, as after a clean exit', { timeout: 40_000 }, async () => {
    machine.run('systemctl', 'kill', '--kill-whom=main', 'muster');
    await expect.poll(() => property('NRestarts'), { timeout: 10_000, interval: 200 }).toBe('2');
    await expect.poll(() => property('ActiveState'), { timeout: 15_000, interval: 200 }).toBe('active');
  });

  it('stops when asked, in time, and leaves no process behind', () => {
    const cgroup = property('ControlGroup');
    expect(machine.run('systemctl', 'stop', 'muster').code).toBe(0);
    expect(property('ActiveState')).toBe('inactive');
    expect(property('Result')).toBe('success');
    expect({ code: property('ExecMainCode'), status: property('ExecMainStatus') }).toEqual({ code: '1', status: '0' });
    expect(machine.shell(`cat /sys/fs/cgroup${cgroup}/cgroup.procs 2>/dev/null || true`).said).toBe('');
    expect(machine.run('journalctl', '-u', 'muster', '--no-pager').said).not.toContain('timed out. Killing');
  });
});
