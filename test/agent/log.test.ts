import { describe, expect, it } from 'vitest';
import { asText } from '../../src/agent/log.ts';

const line = JSON.stringify({
  level: 50,
  time: '2026-03-01T12:00:00.000Z',
  check: 'gpu/xid-errors',
  component: 'gpu:GPU-1',
  reason: 'it said "so"',
  msg: 'GPU 3 has fallen off the bus',
});

describe('a line of the log', () => {
  it('is dated for a terminal', () => {
    expect(asText(line, { withPriority: false })).toBe(
      '2026-03-01T12:00:00.000Z GPU 3 has fallen off the bus  check=gpu/xid-errors  component=gpu:GPU-1  reason="it said \\"so\\""\n',
    );
  });

  it('has a priority and no date for the journal, which has its own', () => {
    expect(asText(line, { withPriority: true })).toMatch(/^<3>GPU 3 has fallen off the bus {2}check=/);
  });

  it('tells what an error was', () => {
    const failed = JSON.stringify({
      level: 40,
      time: 't',
      msg: 'failed',
      err: { type: 'Error', message: 'EIO', stack: 'x\ny' },
    });
    expect(asText(failed, { withPriority: true })).toBe('<4>failed  error=EIO\n');
  });
});
