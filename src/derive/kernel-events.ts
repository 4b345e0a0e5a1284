import type { KernelEvent, KernelLog } from '../api.ts';
import { sxidMeaning } from '../knowledge/sxid.ts';
import { interpretXid } from '../knowledge/xid/interpret.ts';

/** The driver prints "fallen off the bus" without a number where it has lost the GPU before it could log Xid 79. */
const FALLEN_OFF_BUS = 79;

/** What the catalogue says of an event. */
export const meaningOf = (event: KernelEvent, driverVersion?: string): KernelEvent['meaning'] => {
  const driver = driverVersion === undefined ? {} : { driverVersion };
  if (event.kind === 'fallen-off-bus') return interpretXid({ code: FALLEN_OFF_BUS, ...driver });
  if (event.code === undefined) return undefined;
  const { fatal } = event.fields;
  if (event.kind === 'sxid') return sxidMeaning(event.code, fatal === undefined ? undefined : fatal === 'true');
  return event.kind === 'xid' ? interpretXid({ code: event.code, text: event.text, ...driver }) : undefined;
};

/** Attaches what the catalogue says, so that checks need no table; `trust` any lets a rehearsal write its own Xids. */
export const withMeanings = (
  log: KernelLog,
  o: { readonly trust: 'kernel' | 'any'; readonly driverVersion?: string },
): KernelLog => ({
  ...log,
  events: log.events.map((event): KernelEvent => {
    const meaning = meaningOf(event, o.driverVersion);
    return {
      ...event,
      fromKernel: o.trust === 'any' || event.fromKernel,
      ...(meaning === undefined ? {} : { meaning }),
    };
  }),
});
