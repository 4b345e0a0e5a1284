import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMachineHost } from '../../src/host/machine.ts';
import { createSystemd, type Systemd } from '../../src/integrations/systemd.ts';
import { temporaryDirectory, writeTool } from '../support/temporary.ts';

const SOCKET = '/run/systemd/notify';

interface Told {
  readonly systemd: Systemd;
  readonly log: readonly string[];
  /** What the fake tool was called with, call by call. */
  calls(): readonly string[];
  /** Puts a script in the place of systemd-notify. */
  tool(script: string): void;
  /** Processes of a tool that marks each start. */
  started(): readonly string[];
}

/** An agent that is started with this environment, and a systemd-notify that writes down what it gets. */
const agent = (env: Readonly<Record<string, string>> = {}): Told => {
  const directory = temporaryDirectory();
  const record = join(directory, 'calls');
  const log: string[] = [];
  const tool = (script: string): void => void writeTool(directory, 'systemd-notify', script);
  tool('echo "$NOTIFY_SOCKET: $*" >>"$(dirname "$0")/calls"');
  return {
    systemd: createSystemd({
      env: { NOTIFY_SOCKET: SOCKET, ...env },
      tools: (given) => createMachineHost({ env: given, path: `${directory}:/usr/bin:/bin` }),
      log: (line) => log.push(line),
      pid: 42,
    }),
    log,
    calls: () => (existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []),
    tool,
    started: () => readdirSync(directory).filter((name) => name.startsWith('started-')),
  };
};

describe('what systemd is told', () => {
  it('is every phase of the life of the agent, on the socket that systemd named', async () => {
    const { systemd, calls, log } = agent();
    await systemd.ready('READY: 33 checks passed');
    await systemd.status('NOT READY: gpu/lost-gpus');
    await systemd.ping();
    await systemd.reloading();
    await systemd.ready('READY: 33 checks passed');
    await systemd.stopping();
    expect(calls()).toEqual(
      [
        'READY=1 STATUS=READY: 33 checks passed',
        'STATUS=NOT READY: gpu/lost-gpus',
        'WATCHDOG=1',
        'RELOADING=1',
        'READY=1 STATUS=READY: 33 checks passed',
        'STOPPING=1',
      ].map((said) => `${SOCKET}: ${said}`),
    );
    expect(log).toEqual([]);
  });

  it('is nothing, and starts nothing, when systemd did not start the agent', async () => {
    const { systemd, calls } = agent({ NOTIFY_SOCKET: '' });
    await systemd.ready('READY');
    await systemd.ping();
    await systemd.stopping();
    expect(calls()).toEqual([]);
  });

  it('is a status of one line, whatever the text: a second line would be a word to systemd', async () => {
    const { systemd, calls } = agent();
    await systemd.status(`bad\nMAINPID=1\n${'x'.repeat(5000)}`);
    expect(calls()[0]).toMatch(/: STATUS=bad MAINPID=1 x+$/);
    expect(calls()[0]?.length).toBeLessThan(600);
  });

  it('is the last word when the agent says more than systemd takes', async () => {
    const { systemd, calls, tool } = agent();
    tool('sleep 0.2; echo "$*" >>"$(dirname "$0")/calls"');
    const first = systemd.ready('one');
    for (const text of ['two', 'three', 'four']) void systemd.status(text);
    void systemd.ping();
    await first;
    expect(calls()).toEqual(['READY=1 STATUS=one', 'STATUS=four WATCHDOG=1']);
  });
});

describe('a systemd-notify that does not work', () => {
  it('is told of once, and what was not said is said when it works again, but no old ping', async () => {
    const { systemd, calls, log, tool } = agent();
    tool('echo "Failed to notify init system: Connection refused" >&2; exit 1');
    await systemd.ready('READY');
    for (let i = 0; i < 5; i += 1) await systemd.ping();
    expect(log).toEqual([
      'systemd was not told READY=1 STATUS=READY and restarts a silent agent: systemd-notify: exit code 1: Failed to notify init system: Connection refused',
    ]);
    tool('echo "$*" >>"$(dirname "$0")/calls"');
    await systemd.status('NOT READY');
    expect(calls()).toEqual(['READY=1 STATUS=NOT READY']);
    expect(log.slice(1)).toEqual(['systemd-notify answers again']);
  });

  it('is missing: said once', async () => {
    const directory = temporaryDirectory();
    const log: string[] = [];
    const systemd = createSystemd({
      env: { NOTIFY_SOCKET: SOCKET },
      tools: (env) => createMachineHost({ env, path: directory }),
      log: (line) => log.push(line),
    });
    await systemd.ready('READY');
    await systemd.ping();
    expect(log).toEqual([expect.stringContaining('systemd-notify is not on PATH')]);
  });

  it('hangs: one process at a time, given up in time', async () => {
    const { systemd, log, tool, started } = agent();
    tool('touch "$(dirname "$0")/started-$$"; exec sleep 60');
    const startedMs = performance.now();
    const told = systemd.ready('READY');
    for (let i = 0; i < 50; i += 1) void systemd.ping();
    await told;
    expect(performance.now() - startedMs).toBeLessThan(8000);
    expect(log).toEqual([expect.stringContaining('no answer in 5 s')]);
    expect(started()).toHaveLength(1);
  });
});

describe('the watchdog of systemd', () => {
  const period = (env: Readonly<Record<string, string>>) => agent(env).systemd.watchdogPeriodMs;

  it('has the period that systemd set', () => {
    expect(period({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42' })).toEqual({ ok: true, value: 60_000 });
    expect(period({ WATCHDOG_USEC: '60000000' })).toEqual({ ok: true, value: 60_000 });
  });

  it.each([
    ['none is set', {}],
    ['it is set for the parent', { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '41' }],
    ['it is no number', { WATCHDOG_USEC: 'soon' }],
    ['it is zero', { WATCHDOG_USEC: '0' }],
    ['nobody listens', { NOTIFY_SOCKET: '', WATCHDOG_USEC: '60000000' }],
  ])('is not fed when %s', (_, env) => {
    expect(period(env)).toMatchObject({ ok: false, reason: 'unsupported' });
  });
});
