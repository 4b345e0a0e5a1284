import type { Daemon } from '../engine/daemon.ts';
import type { Engine } from '../engine/engine.ts';
import type { NewEvent } from '../engine/event.ts';
import type { FindingRecord } from '../engine/snapshot.ts';
import { usageError } from '../errors.ts';
import type { ControlHandlers } from '../server/control-protocol.ts';
import { verdictAnswer } from '../server/verdict-answer.ts';
import type { Recorder } from './recorder.ts';

/** Faults of a simulated machine, while it runs. */
export interface Injection {
  inject(fault: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }>;
  recover(fault: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }>;
}

/** What came of reading the configuration again, on one line. */
export interface Reloaded {
  readonly ok: boolean;
  readonly line: string;
}

export interface ControlParts {
  readonly engine: Engine;
  readonly daemon: Daemon;
  readonly recorder: Recorder;
  /** Tells an event to everybody who keeps or prints them. */
  readonly tell: (event: NewEvent) => void;
  /** Resolves once what was told and what the engine knows is on disk, or the disk was given up. */
  readonly keep: () => Promise<void>;
  readonly reload: () => Promise<Reloaded>;
  /** Only where the machine is simulated. */
  readonly injection: Injection | undefined;
  readonly now: () => number;
}

const named = ({ check, code, component }: FindingRecord): string => {
  const name = component.index === undefined ? (component.device ?? component.kind) : `GPU ${component.index}`;
  return `${check} ${code} of ${name}`;
};

/** What an administrator may ask of the running agent. What it promises is on disk before it says so. */
export const controlHandlers = (o: ControlParts): ControlHandlers => {
  const { engine, daemon, recorder, tell, keep, now } = o;

  const change = async (verb: 'inject' | 'recover', fault: string) => {
    if (o.injection === undefined) {
      throw usageError(
        `${verb} is for simulated machines alone: this agent checks real hardware (start it with --mock)`,
      );
    }
    const answer = await o.injection[verb](fault);
    if (!answer.ok) throw usageError(answer.error);
    const done = verb === 'inject' ? 'injected' : 'recovered';
    tell(recorder.event(verb === 'inject' ? 'fault_injected' : 'fault_recovered', `${fault} was ${done}`));
    return { ok: true, message: `${fault} ${done}` } as const;
  };

  return {
    verdict: ({ max_age_seconds: maxAgeSeconds }) =>
      daemon.snapshot() === undefined
        ? verdictAnswer(undefined, { now: now() })
        : verdictAnswer(engine.assess({ context: 'prejob', lifetimes: 'show' }), {
            now: now(),
            ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
          }),
    reload: async () => {
      const { ok, line } = await o.reload();
      return ok ? { ok, message: line } : { ok, error: line };
    },
    collect: async () => {
      await daemon.collectNow();
      return { ok: true, message: `asked every source; the node is ${daemon.snapshot()?.overall ?? 'not judged yet'}` };
    },
    ack: async ({ component, check, owner, reason }) => {
      const { acknowledged, stillThere } = engine.acknowledge({
        ...(component === undefined ? {} : { component }),
        ...(check === undefined ? {} : { check }),
        owner,
      });
      const [first] = stillThere;
      if (acknowledged.length === 0) {
        throw usageError(
          first === undefined
            ? 'nothing of this kind is raised; see muster events or /api/v1/status'
            : `${named(first)} is there at this moment and ends when it passes; muster suppress silences it for a time`,
        );
      }
      for (const one of acknowledged) {
        tell(
          recorder.event('acknowledged', `${named(one)} was acknowledged`, {
            check: one.check,
            code: one.code,
            owner,
            reason,
          }),
        );
      }
      daemon.publish();
      await keep();
      const rest = stillThere.length === 0 ? '' : `; still there: ${stillThere.map(named).join(', ')}`;
      return { ok: true, message: `acknowledged ${acknowledged.map(named).join(', ')}${rest}` };
    },
    suppress: async ({ component, check, owner, reason, seconds }) => {
      const from = now();
      const until = from + seconds * 1000;
      engine.suppressions.add({ check, ...(component === undefined ? {} : { component }), owner, reason, from, until });
      const what = `${check}${component === undefined ? '' : ` of ${component}`}`;
      const expires_at = new Date(until).toISOString();
      tell(
        recorder.event('suppressed', `${what} is suppressed until ${expires_at}`, { check, owner, reason, expires_at }),
      );
      daemon.publish();
      await keep();
      return { ok: true, message: `${what} is suppressed until ${expires_at}`, expires_at };
    },
    unsuppress: async ({ component, check, owner }) => {
      const ended = engine.suppressions.remove(check, component);
      const what = `${check}${component === undefined ? '' : ` of ${component}`}`;
      if (ended.length === 0) {
        const active = engine.suppressions
          .active(now())
          .map((one) => [one.check, one.component].filter(Boolean).join(' of '));
        throw usageError(`${what} is not suppressed; suppressed are: ${active.join(', ') || 'none'}`);
      }
      tell(recorder.event('unsuppressed', `${what} is no longer suppressed`, { check, owner }));
      daemon.publish();
      await keep();
      return { ok: true, message: `${what} is no longer suppressed` };
    },
    inject: ({ fault }) => change('inject', fault),
    recover: ({ fault }) => change('recover', fault),
  };
};
