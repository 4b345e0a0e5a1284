import type { ControlHandlers } from '../server/control-protocol.ts';

const notYet = () => ({ ok: false, error: 'the agent is starting; ask again in a moment' }) as const;

const starting: ControlHandlers = {
  verdict: notYet,
  reload: notYet,
  collect: notYet,
  ack: notYet,
  suppress: notYet,
  unsuppress: notYet,
  inject: notYet,
  recover: notYet,
};

/** The handlers of the moment: an agent listens already while it still knows nothing. */
export const lateHandlers = (current: () => ControlHandlers | undefined): ControlHandlers =>
  new Proxy(starting, { get: (_, verb) => (current() ?? starting)[verb as keyof ControlHandlers] });
