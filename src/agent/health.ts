import { type AgentHealth, absent, known, NODE } from '../api.ts';

/** How the agent is doing, as the fact that `host/agent-degraded` judges. The same object until something changes. */
export interface Health {
  value(): AgentHealth;
  /** Why events do not reach the disk; nothing when they do. */
  notDurable(reason: string | undefined): boolean;
  shed(sources: readonly string[], reason: string | undefined): boolean;
  configRefused(reason: string | undefined): boolean;
}

export const createHealth = (): Health => {
  let value: AgentHealth = { ref: NODE, durable: known(true) };

  /** Tells whether it is other than before. */
  const become = (next: AgentHealth): boolean => {
    if (JSON.stringify(next) === JSON.stringify(value)) return false;
    value = next;
    return true;
  };

  return {
    value: () => value,
    notDurable: (reason) =>
      become({ ...value, durable: reason === undefined ? known(true) : absent('failed', reason) }),
    shed: (sources, reason) => {
      const { shed: _, ...rest } = value;
      return become(reason === undefined ? rest : { ...rest, shed: { sources, reason } });
    },
    configRefused: (reason) => {
      const { configRefused: _, ...rest } = value;
      return become(reason === undefined ? rest : { ...rest, configRefused: reason });
    },
  };
};
