import type { Component } from '../../api.ts';
import type { Snapshot, Verdict } from '../../engine/snapshot.ts';
import { isSuppressed, verdictAbout } from '../../engine/verdict.ts';

/** What the page says of one component, in one word, with the style class of its badge. */
export interface Health {
  readonly word: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'unknown' | 'info';
}

const HEALTH: Readonly<Record<Verdict, Health>> = {
  PASS: { word: 'healthy', tone: 'good' },
  INFO: { word: 'healthy', tone: 'good' },
  WARNING: { word: 'degraded', tone: 'warn' },
  CRITICAL: { word: 'unhealthy', tone: 'bad' },
  UNKNOWN: { word: 'unknown', tone: 'unknown' },
  SKIPPED: { word: 'not judged', tone: 'info' },
};

const SUPPRESSED: Health = { word: 'suppressed', tone: 'info' };

/** The health of a component; one of which something is suppressed is not well, though nothing counts against it. */
export const healthOf = (snapshot: Snapshot, component: Component): Health => {
  const health = HEALTH[verdictAbout(snapshot, component)];
  const isSilenced = snapshot.checks.some(
    ({ mode, findings, unjudged }) =>
      mode === 'enforce' &&
      [...findings, ...unjudged].some(
        (said) => said.component.key === component.key && isSuppressed(said, snapshot.at),
      ),
  );
  return isSilenced && health.tone === 'good' ? SUPPRESSED : health;
};
