import type { AnyCollector } from '../api.ts';
import type { Daemon } from '../engine/daemon.ts';
import type { Engine } from '../engine/engine.ts';
import { type Consumption, createGuard, type Limits } from './guard.ts';
import type { Health } from './health.ts';
import type { Recorder } from './recorder.ts';
import type { Teller } from './telling.ts';

/** Looks at what the agent takes, and stops asking optional sources while that is too much. To be called now and then. */
export const createShedding = (o: {
  readonly collectors: () => readonly AnyCollector[];
  readonly engine: Engine;
  readonly daemon: Daemon;
  readonly health: Health;
  readonly recorder: Recorder;
  readonly teller: Teller;
  readonly limits: () => Limits;
  readonly consumption: () => Consumption;
}): (() => void) => {
  const guard = createGuard();
  return () => {
    const sheddable = o
      .collectors()
      .filter((collector) => collector.sheddable === true)
      .map(({ id }) => id);
    const reason = guard.consider(o.consumption(), o.limits());
    if (!o.health.shed(sheddable, reason)) return;
    o.daemon.shed(new Set(reason === undefined ? [] : sheddable));
    o.engine.offer('agent', o.health.value());
    const what = sheddable.join(', ');
    const { event } = o.recorder;
    if (reason === undefined) o.teller.tell(event('sources_restored', `${what} are asked again`));
    else
      o.teller.tell(event('sources_shed', `${what} are not asked for now: ${reason}`, { severity: 'WARNING', reason }));
    o.daemon.publish();
  };
};
