import { type Counter, type Increase, known, type Reading, type Window } from '../../src/api.ts';
import { type Growth, growth } from './growth.ts';

/** Drivers before 580 print whether a reason is active, but not for how long it was. */
export const THROTTLE_TIME_SINCE = 'throttle time: from driver 580';

interface ThrottleShare extends Growth {
  /** Of the time that the window really covers, 0 to 1. */
  readonly share: number;
  readonly tooMuch: boolean;
}

/** The share of time that a throttle reason was active: the first window above `limit`, else the widest. */
export const throttleShare = (seconds: Counter, windows: readonly Window[], limit: number): Reading<ThrottleShare> => {
  const reading = growth(seconds, windows, (grown) => shareOf(grown) > limit);
  return reading.ok ? known({ ...reading.value, share: shareOf(reading.value) }) : reading;
};

const shareOf = ({ by, seconds }: Increase): number => (seconds > 0 ? Math.min(1, by / seconds) : 0);
