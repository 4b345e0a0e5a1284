import type { Component } from '../api.ts';
import { matchesComponent } from '../derive/component-match.ts';
import { matchesGlob } from '../derive/glob.ts';
import type { Daemon } from '../engine/daemon.ts';
import type { Engine } from '../engine/engine.ts';
import type { NewEvent } from '../engine/event.ts';
import type { FindingRecord } from '../engine/snapshot.ts';
import { usageError } from '../errors.ts';
import type { ControlHandlers } from '../server/control-protocol.ts';
import { verdictAnswer } from '../server/verdict-answer.ts';
import { eventComponent, type Recorder } from './recorder.ts';
import type { Reloaded } from './reload.ts';
import { suppressionName } from './suppression-name.ts';

/** Faults of a simulated machine, while it runs. */
export interface Injection {
  inject(fault: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }>;
  recover(fault: string): Promise<{ readonly ok: true } | { readonly ok: false; readonly error: string }>;
}

export interface ControlParts {
  readonly engine: Engine;
  readonly daemon: Daemon;
  readonly recorder: Recorder;
  /** Tells an event to everybody who keeps or prints them. */
  readonly tell: (event: NewEvent) => void;
  /** True once what was told and what the engine knows is on disk, false when the disk was given up. */
  readonly keep: () => Promise<boolean>;
  readonly reload: () => Promise<Reloaded>;
  readonly checkIds: () => readonly string[];
  /** Only where the machine is simulated. */
  readonly injection: Injection | undefined;
  readonly now: () => number;
}

/** `gpu3`, `mlx5_2/1`, `node`, `nvme3`: as it may be typed again. */
const shortName = ({ kind, key, index, device, port }: Component): string => {
  if (kind === 'node') return device ?? 'node';
  if (device !== undefined) return port === undefined ? device : `${device}/${port}`;
  return index === undefined ? key : `${kind}${index}`;
};

const named = ({ check, code, component }: FindingRecord): string => `${check} ${code} of ${shortName(component)}`;

const subject = (check: string, part: Component | undefined): string =>
  part === undefined ? check : `${check} of ${shortName(part)}`;

const iso = (ms: number): string => new Date(ms).toISOString();

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

  /** What a person means; what is not here is a slip of the pen, not something to wait for. */
  const partsOf = (text: string): readonly Component[] => {
    const known = engine.components();
    const meant = known.filter((part) => matchesComponent(text, part));
    // The driver numbers what it sees: a GPU that it no longer sees keeps the number by which people knew it.
    const gpus = meant.filter(({ kind }) => kind === 'gpu');
    const slots = new Set(gpus.map(({ pciBusId, key }) => pciBusId ?? key));
    if (slots.size > 1) {
      const each = gpus.map(({ uuid, pciBusId, key }) => [uuid, pciBusId].filter(Boolean).join(' at ') || key);
      throw usageError(`${text} means ${each.join(' and ')}; name one by its UUID or its PCI address`);
    }
    if (meant.length > 0) return meant;
    throw usageError(`there is no ${text} here; this node has ${known.map(shortName).join(', ')}`);
  };

  const checkExists = (glob: string): void => {
    if (o.checkIds().some((id) => matchesGlob(glob, id))) return;
    throw usageError(`no check matches ${glob}; muster checks lists them`);
  };

  /** Where the configuration keeps these findings from counting, whatever is asked for here. */
  const statedFor = (check: string, parts: readonly (Component | undefined)[]): string | undefined => {
    const [stated] = engine.suppressions
      .stated(now())
      .filter((one) => matchesGlob(one.check, check) || one.check === check)
      .filter(({ component }) =>
        parts.some((part) => component === undefined || (part !== undefined && matchesComponent(component, part))),
      );
    return stated && `${stated.setBy} suppresses ${suppressionName(stated)} until ${iso(stated.until)}`;
  };

  /** Publishes what was changed; says so where the next agent will not know of it. */
  const kept = async (): Promise<string> => {
    daemon.publish();
    return (await keep()) ? '' : '; in memory only, the disk does not take it';
  };

  return {
    verdict: ({ max_age_seconds: maxAgeSeconds, readings = false }) =>
      daemon.snapshot() === undefined
        ? verdictAnswer(undefined, { now: now() })
        : verdictAnswer(engine.assess({ context: 'prejob', lifetimes: 'show' }), {
            now: now(),
            readings,
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
      // What was read and not told yet would be laid to rest unseen, and what ends now would not be told.
      if (daemon.snapshot() === undefined) throw usageError('nothing is judged yet; ask again in some seconds');
      if (component !== undefined) partsOf(component);
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
        const about = { check: one.check, code: one.code, component: eventComponent(one.component), owner, reason };
        tell(recorder.event('acknowledged', `${named(one)} was acknowledged`, about));
      }
      const where = await kept();
      const rest = stillThere.length === 0 ? '' : `; still there: ${stillThere.map(named).join(', ')}`;
      return { ok: true, message: `acknowledged ${acknowledged.map(named).join(', ')}${rest}${where}` };
    },
    suppress: async ({ component, check, owner, reason, seconds }) => {
      checkExists(check);
      const parts = component === undefined ? [undefined] : partsOf(component);
      const from = now();
      const until = from + seconds * 1000;
      for (const part of parts) {
        engine.suppressions.add({
          check,
          ...(part === undefined ? {} : { component: part.key, componentName: shortName(part) }),
          owner,
          reason,
          from,
          until,
        });
        tell(
          recorder.event('suppressed', `${subject(check, part)} is suppressed`, {
            check,
            ...(part === undefined ? {} : { component: eventComponent(part) }),
            owner,
            reason,
            expires_at: iso(until),
          }),
        );
      }
      const where = await kept();
      const what = parts.map((part) => subject(check, part)).join(', ');
      return { ok: true, message: `${what} is suppressed until ${iso(until)}${where}`, expires_at: iso(until) };
    },
    unsuppress: async ({ component, check, owner }) => {
      const parts = component === undefined ? [undefined] : partsOf(component);
      const ended = parts.flatMap((part) => engine.suppressions.remove(check, part?.key));
      const what = parts.map((part) => subject(check, part)).join(', ');
      const stated = statedFor(check, parts);
      if (ended.length === 0) {
        if (stated !== undefined) throw usageError(`${stated}; take it out of the file, then muster control reload`);
        const active = [
          ...engine.suppressions.active(now()).map(suppressionName),
          ...engine.suppressions.stated(now()).map((one) => `${suppressionName(one)} (${one.setBy})`),
        ];
        throw usageError(`${what} is not suppressed; suppressed are: ${active.join(', ') || 'none'}`);
      }
      for (const part of parts) {
        tell(
          recorder.event('unsuppressed', `${subject(check, part)} is no longer suppressed`, {
            check,
            ...(part === undefined ? {} : { component: eventComponent(part) }),
            owner,
          }),
        );
      }
      const rest = stated === undefined ? '' : `; but ${stated}`;
      return { ok: true, message: `${what} is no longer suppressed${await kept()}${rest}` };
    },
    inject: ({ fault }) => change('inject', fault),
    recover: ({ fault }) => change('recover', fault),
  };
};
