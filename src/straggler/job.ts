import type { Component, GpuMinute, JobVerdict } from '../api.ts';
import { type Accused, accuse } from './accusation.ts';
import { type Activity, createActivityWatch } from './activity.ts';
import { busyShare, comparedFrom } from './busy.ts';
import { throttledShare } from './causes.ts';
import { type Comparison, compare, type Deviations } from './compare.ts';
import { type Comparable, countComparable } from './coverage.ts';
import { countBy, groupBy } from './group-by.ts';
import { causesOfJob, type JobCauses } from './job-causes.ts';
import { nodeComponent, nodeKey } from './nodes.ts';
import { ofMost, withOwnPast } from './own-history.ts';
import { createParts, type Parts, settle, smoothLoad } from './parts.ts';
import { groupPeers, loadOfValues, type Peer, valuesOf } from './peers.ts';
import { RULES } from './rules.ts';
import { type Shape, shapeOf } from './shape.ts';
import { createSilence } from './silence.ts';
import type { Baselines } from './slots.ts';
import { median } from './statistics.ts';
import type { StepEvidence } from './step-times.ts';
import { verdictOf } from './verdict.ts';

/** One job over time: its parts, what they showed, and who is accused. */
export interface JobWatch {
  /** Takes a minute. */
  next(at: number, minutes: readonly GpuMinute[]): void;
  /** What is to be said after the minute that was taken last. */
  verdict(steps: StepEvidence | undefined): JobVerdict;
  /** 0–1 by GPU, of the last minute that was worth comparing. */
  performance(): ReadonlyMap<Component, number>;
}

/** In so many of the remembered minutes the job's shape keeps GPUs without a cause from being accused. */
const SHAPE_DOUBT = 5;

const NOTHING: Deviations = new Map();

export const createJobWatch = (o: {
  readonly jobId: string;
  readonly sawStart: boolean;
  readonly baselines: Baselines;
  readonly learn: boolean;
}): JobWatch => {
  const activityWatch = createActivityWatch(o);
  let gpus: Parts = createParts();
  let nodes: Parts = createParts();
  let idleMinutes = 0;
  let shapes: { readonly at: number; readonly shape: Shape }[] = [];
  let minutesSeen = 0;
  let performance: ReadonlyMap<Peer, number> = new Map();
  let peersWait = false;
  let comparable: Comparable = { compared: 0, alone: 0, notBusy: [], isTelling: false };
  let commonCauses: JobCauses['common'] = new Map();
  const silence = createSilence();
  let latest: { readonly at: number; readonly minutes: readonly GpuMinute[]; readonly activity: Activity } | undefined;

  const peersOf = (minutes: readonly GpuMinute[], causes: JobCauses): readonly Peer[] => {
    const peers: Peer[] = [];
    const least = comparedFrom(minutes);
    for (const minute of minutes) {
      const { ref, window } = minute;
      if (window === undefined || busyShare(window) < least) continue;
      const values = valuesOf(minute);
      const part = gpus.of(ref);
      smoothLoad(part, loadOfValues(values));
      const slot = ref.slot ?? String(ref.index ?? ref.key);
      const node = ref.node ?? '';
      peers.push({
        ref,
        minute,
        node,
        slot,
        board: ref.uuid ?? ref.key,
        place: `${node}/${slot}`,
        load: part.load,
        hasCause: causes.has(minute),
        values,
      });
    }
    return peers;
  };

  const noteGpus = (
    at: number,
    peers: readonly Peer[],
    comparison: Comparison,
    causes: JobCauses,
    isSplit: boolean,
  ): void => {
    const deviatingNodes = new Set(comparison.nodes.keys());
    for (const peer of peers) {
      const part = gpus.of(peer.ref);
      const fromPeers = comparison.gpus.get(peer) ?? NOTHING;
      const own = causes.own(peer.minute);
      const deviations = own.length > 0 ? withOwnPast(fromPeers, part.past.compare(peer.values)) : fromPeers;
      part.history.add({ at, deviations, causes: own, throttled: throttledShare(peer.minute.window) });
      const isCalm = !peer.hasCause && deviations.size === 0;
      part.isDeviating = deviations.size > 0 || deviatingNodes.has(peer.node);
      if (!isCalm) continue;
      part.calm += 1;
      if (o.learn) part.past.addCalm(peer.values);
      const learnable = comparison.own.get(peer);
      // What deviates is not learned, and a role is not a slot.
      if (learnable !== undefined && !isSplit) o.baselines.learn(peer.board, peer.place, learnable);
    }
  };

  const noteNodes = (at: number, peers: readonly Peer[], comparison: Comparison, causes: JobCauses): void => {
    for (const [node, members] of groupBy(peers, (peer) => peer.node)) {
      const [first] = members;
      const fromPeers = comparison.nodes.get(node) ?? NOTHING;
      const own = causes.nodes.get(node) ?? [];
      // Most nodes never show anything: no history is kept of nothing.
      const isNew = nodes.get(nodeKey(node)) === undefined;
      if (first === undefined || (isNew && fromPeers.size === 0 && own.length === 0)) continue;
      const past = (): Deviations => ofMost(members.map(({ ref, values }) => gpus.of(ref).past.compare(values)));
      // A host under pressure and a job that does something else look alike: only peers tell them apart.
      const mayHaveSlowedAll = own.some(({ kind }) => kind !== 'host_pressure');
      const deviations = mayHaveSlowedAll ? withOwnPast(fromPeers, past()) : fromPeers;
      nodes.of(nodeComponent(node, first.ref)).history.add({ at, deviations, causes: own, throttled: 0 });
    }
  };

  /** A GPU that left the job, or was swapped, is none of its parts: nothing is said of it any more. */
  const keepPresent = (minutes: readonly GpuMinute[]): void => {
    const before = latest?.minutes ?? [];
    if (before.length === minutes.length && before.every(({ ref }, i) => ref.key === minutes[i]?.ref.key)) return;
    const present = new Set<string>();
    for (const { ref } of minutes) present.add(ref.key).add(nodeKey(ref.node));
    for (const parts of [gpus, nodes]) parts.keep((key) => present.has(key));
  };

  /** After a long pause it is another job, whatever its id. */
  const forget = (): void => {
    gpus = createParts();
    nodes = createParts();
    shapes = [];
    minutesSeen = 0;
    performance = new Map();
  };

  /** A node that the steps name may never have shown anything else. */
  const noteSlowNodes = (steps: StepEvidence | undefined): void => {
    for (const { node, gpu } of steps?.slowRanks ?? []) {
      const like = latest?.minutes.find(({ ref }) => ref.node === node)?.ref;
      if (node !== undefined && gpu === undefined && like !== undefined) nodes.of(nodeComponent(node, like));
    }
  };

  return {
    next: (at, minutes) => {
      const activity = activityWatch.next(at, minutes);
      keepPresent(minutes);
      latest = { at, minutes, activity };
      silence.note(at, minutes);
      idleMinutes = activity === 'idle' ? idleMinutes + 1 : 0;
      if (idleMinutes === RULES.warmUpMinutes) forget();
      if (activity !== 'working') return;
      minutesSeen += 1;
      const causes = causesOfJob(minutes);
      const peers = peersOf(minutes, causes);
      commonCauses = causes.common;
      const grouping = groupPeers(peers);
      comparable = countComparable(minutes, grouping.groups);
      const comparison = compare(grouping.groups, o.baselines, o);
      performance = comparison.performance;
      peersWait = Math.exp(median(peers.map(({ values }) => values.busy))) >= RULES.hostSlow.peersBusy;
      noteGpus(at, peers, comparison, causes, grouping.isSplit);
      noteNodes(at, peers, comparison, causes);
      const oldest = at - RULES.rememberMinutes * 60_000;
      shapes = [...shapes.filter((one) => one.at > oldest), { at, shape: shapeOf(grouping) }].slice(
        -RULES.persistence.of,
      );
    },
    verdict: (steps) => {
      const doubts = shapes.filter(({ shape }) => shape.isShaped);
      const heldDown = shapes.filter(({ shape }) => !shape.isShaped && shape.pattern !== '');
      const splits = doubts.filter(({ shape }) => shape.isSplit).length;
      const minutes = latest?.minutes ?? [];
      const gpusOfNode = countBy(minutes, ({ ref }) => ref.node ?? '');
      const common = {
        at: latest?.at ?? 0,
        steps,
        peersWait,
        isOnlyNode: gpusOfNode.size === 1,
        isShared: doubts.length - splits >= SHAPE_DOUBT,
        isSplit: splits >= SHAPE_DOUBT || (steps?.isGrouped ?? false),
      };
      const hasSlowRank = (steps?.slowRanks.length ?? 0) > 0;
      noteSlowNodes(steps);
      const accused: Accused[] = [];
      for (const parts of [gpus, nodes]) {
        for (const part of parts.all()) {
          const { component, history, held, calm } = part;
          const node = parts === gpus ? nodes.get(nodeKey(component.node))?.history : undefined;
          const isQuiet = history.isQuiet() && (node?.isQuiet() ?? true);
          if (isQuiet && held === undefined && !hasSlowRank) continue;
          const around = {
            ...common,
            node,
            gpusOfNode: gpusOfNode.get(component.node ?? '') ?? 0,
            beganInJob: calm >= RULES.persistence.of,
          };
          const found = settle(part, accuse(component, history, around));
          if (found !== undefined) accused.push(found);
        }
      }
      return verdictOf({
        jobId: o.jobId,
        minutes,
        gpusOfNode,
        accused,
        comparable,
        common: commonCauses,
        silent: silence.of(minutes, latest?.at ?? 0),
        activity: latest?.activity ?? 'idle',
        minutesSeen,
        steps,
        ...(doubts.length >= RULES.persistence.hits ? { shape: doubts.at(-1)?.shape.pattern ?? '' } : {}),
        ...(heldDown.length >= RULES.persistence.hits ? { heldDown: heldDown.at(-1)?.shape.pattern ?? '' } : {}),
      });
    },
    performance: () => new Map([...performance].map(([{ ref }, ratio]) => [ref, ratio])),
  };
};
