const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_MS = 86_400_000;

/** Local time, because `dmesg -T` and syslog print the machine's; undefined for a day that the month does not have. */
const localTime = (year: number, month: number, day: number, clock: string): number | undefined => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
  const date = new Date(year, month, day, hours, minutes, seconds);
  return date.getMonth() === month && date.getDate() === day ? date.getTime() : undefined;
};

const monthOf = (name: string): number | undefined => {
  const month = MONTHS.indexOf(name);
  return month === -1 ? undefined : month;
};

/** `Sun Feb 23 16:24:18 2025`, in parts. */
export const ctimeStamp = (month: string, day: string, clock: string, year: string): number | undefined => {
  const index = monthOf(month);
  return index === undefined ? undefined : localTime(Number(year), index, Number(day), clock);
};

/** `Jan  5 06:18:52`: the latest such moment that is not in the future; a day of clock skew is tolerated. */
export const syslogStamp = (month: string, day: string, clock: string, now: number): number | undefined => {
  const index = monthOf(month);
  if (index === undefined) return undefined;
  const thisYear = new Date(now).getFullYear();
  // 29 February comes back after at most 8 years (1896 to 1904, 2096 to 2104); the new year may be a day ahead.
  for (let year = thisYear + 1; year >= thisYear - 8; year -= 1) {
    const at = localTime(year, index, Number(day), clock);
    if (at !== undefined && at <= now + DAY_MS) return at;
  }
  return undefined;
};

/** `2024-11-15T12:02:03,470068+00:00`, in parts; without a zone it is local time. */
export const isoStamp = (
  date: string,
  clock: string,
  fraction: string | undefined,
  zone: string | undefined,
): number | undefined => {
  const written = zone === undefined || zone === 'Z' ? (zone ?? '') : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const at = Date.parse(`${date}T${clock}.${(fraction ?? '0').slice(0, 3).padEnd(3, '0')}${written}`);
  return Number.isNaN(at) ? undefined : at;
};
