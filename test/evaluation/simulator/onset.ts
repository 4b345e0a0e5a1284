import type { FaultSpec } from './spec.ts';

export const onsetSeconds = (fault: FaultSpec): number => (fault.onset.shape === 'start' ? 0 : fault.onset.atSeconds);

/** 0 while there is no fault, 1 at its full strength. */
export const activityAt = (fault: FaultSpec, seconds: number): number => {
  const since = seconds - onsetSeconds(fault);
  if (since < 0 || seconds >= (fault.clearSeconds ?? Number.POSITIVE_INFINITY)) return 0;
  const { onset } = fault;
  switch (onset.shape) {
    case 'start':
    case 'step':
      return 1;
    case 'ramp':
      return Math.min(1, since / onset.rampSeconds);
    case 'intermittent':
      return since % onset.periodSeconds < onset.duty * onset.periodSeconds ? 1 : 0;
  }
};
