/** The same cases in two lengths: some seconds each with every test run, or in full with `npm run chaos`. */
export const isFull = process.env.MUSTER_CHAOS === 'full';

/** A length, or a number of rounds, of the form that runs. */
export interface Length {
  readonly short: number;
  readonly full: number;
}
export const ofThisRun = ({ short, full }: Length): number => (isFull ? full : short);

/**
 * The promise is that /metrics answers within a second. Beside the rest of the tests, on two cores that they share, the
 * short form holds the agent to what tells an agent that waits for something broken from one that waits for a core.
 */
export const ANSWER_LIMIT_MS = isFull ? 1000 : 3000;

/** And there a source may miss its deadline for want of a core: an UNKNOWN of so many scrapes (3 s) is forgiven, no more. */
export const FORGIVEN_SCRAPES = isFull ? 0 : 15;
