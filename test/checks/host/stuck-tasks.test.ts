import { describe, expect, it } from 'vitest';
import { simulated } from '../../support/raw-machine.ts';

const asleep = simulated('hgx-h100-8', [0, 60, 120, 180, 240, 300]).with({
  'proc/700/stat': '700 (python3) D 1 700 700 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 990011 0 0\n',
  'proc/700/status': 'voluntary_ctxt_switches:\t812\nnonvoluntary_ctxt_switches:\t3\n',
});

describe('a stuck task', () => {
  it.each([
    ['elsewhere', 'rpc_wait_bit_killable', []],
    // The kernel prints 0 where the reader may not trace the task.
    ['nobody can see where', '0', ['stuck-in-driver unsupported']],
  ])('that waits %s: what is left open', async (_, wchan, open) => {
    const result = await asleep.with({ 'proc/700/wchan': wchan }).judge('host/stuck-tasks');
    expect(result.findings.map(({ code }) => code)).toEqual(['stuck']);
    expect(result.unjudged.map(({ code, reason }) => `${code} ${reason}`)).toEqual(open);
  });
});
