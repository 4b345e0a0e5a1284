import { expect, it } from 'vitest';
import { type ControlParts, controlHandlers } from '../../src/agent/control.ts';

it('acknowledges nothing before the first round is judged: what was read and not told yet would go unseen', async () => {
  const acknowledged: unknown[] = [];
  const { ack } = controlHandlers({
    daemon: { snapshot: () => undefined },
    engine: { acknowledge: (o: unknown) => acknowledged.push(o) },
    checkIds: () => ['gpu/xid-errors'],
  } as unknown as ControlParts);
  const asked = ack({ check: 'gpu/xid-errors', owner: 'ops', reason: 'board replaced' });
  await expect(asked).rejects.toThrow('nothing is judged yet; ask again in some seconds');
  expect(acknowledged).toEqual([]);
});
