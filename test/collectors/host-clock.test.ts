import { describe, expect, it } from 'vitest';
import { absent, type CommandResult, type Host, known } from '../../src/api.ts';
import { clock } from '../../src/collectors/clock.ts';
import { cpus } from '../../src/collectors/cpus.ts';
import { below, machineOf } from '../support/machine-tree.ts';

const { signal } = new AbortController();
const SOURCE = { 'sys/devices/system/clocksource/clocksource0/current_clocksource': 'tsc\n' };
const answer = (stdout: string, exitCode = 0): CommandResult => ({ exitCode, stdout, stderr: '' });

describe('the clock', () => {
  const asking = async (answers: Readonly<Record<string, CommandResult>>) => {
    const asked: string[] = [];
    const host: Host = {
      ...machineOf(SOURCE),
      run: async (tool) => {
        asked.push(tool);
        const given = answers[tool];
        return given === undefined ? absent('no-tool', `${tool}: not on PATH`) : known(given);
      },
    };
    return { asked, fact: (await clock.collect(host, signal)).clock };
  };

  it('is asked of chrony alone where chrony answers', async () => {
    const { asked, fact } = await asking({ chronyc: answer('1,,0,0,0,0,0,0,0,0,0,0,0,Not synchronised\n') });
    expect(asked).toEqual(['chronyc']);
    expect(fact).toMatchObject({ value: { synchronized: { value: false }, source: { value: 'tsc' } } });
  });

  it('is asked of the kernel where chrony does not run', async () => {
    const { asked, fact } = await asking({
      chronyc: answer('506 Cannot talk to daemon\n', 1),
      timedatectl: answer('NTPSynchronized=yes\n'),
    });
    expect(asked).toEqual(['chronyc', 'timedatectl']);
    expect(fact).toMatchObject({ value: { synchronized: { value: true } } });
  });

  it('of a machine whose chrony hangs is not taken for one that has none', async () => {
    const machine = machineOf(SOURCE);
    const run: Host['run'] = async (tool) =>
      tool === 'chronyc' ? absent('hung', 'chronyc: no answer in 5 s') : absent('no-tool', `${tool}: not on PATH`);
    expect(await clock.collect({ ...machine, run }, signal)).toMatchObject({
      clock: { value: { synchronized: { ok: false, reason: 'hung' } } },
    });
  });

  it('without D-Bus cannot be asked', async () => {
    const { fact } = await asking({ timedatectl: answer('Failed to connect to bus: No such file\nmore', 1) });
    expect(fact).toMatchObject({
      value: {
        synchronized: {
          reason: 'unsupported',
          detail: 'timedatectl: exit code 1, Failed to connect to bus: No such file',
        },
      },
    });
  });
});

describe('the CPUs', () => {
  it('are counted, with the governors of their frequency policies', async () => {
    const files = below('sys/devices/system/cpu', {
      online: '0-2\n',
      present: '0-3\n',
      'smt/control': 'off\n',
      'cpufreq/policy0/scaling_governor': 'performance\n',
      'cpufreq/policy1/scaling_governor': 'performance\n',
      'cpufreq/policy2/scaling_governor': 'powersave\n',
    });
    const read = await cpus.collect(machineOf({ ...files, 'sys/devices/system/node/online': '0-1\n' }), signal);
    expect(read.cpus).toEqual(
      known({
        ref: { kind: 'node', key: 'node' },
        online: known(3),
        present: known(4),
        smt: known('off'),
        governors: known({ performance: 2, powersave: 1 }),
        numaNodesOnline: known(2),
      }),
    );
  });
});
