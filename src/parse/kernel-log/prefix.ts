import { ctimeStamp, isoStamp, syslogStamp } from './timestamp.ts';

/** What stands before the message in a line of text. */
export interface Prefix {
  /** Of the prefix, in characters. */
  readonly length: number;
  readonly at?: number;
  readonly monotonicUs?: number;
  readonly facility?: number;
  readonly priority?: number;
  readonly fromKernel: boolean;
  /** `systemd[1]: `: who wrote the line when it was not the kernel; a part of the message, so that nothing else begins it. */
  readonly writer: string;
}

// pstore and the console: `<6>[  201.65]`; the number is facility * 8 + priority.
const LEVEL = /^<(\d{1,4})>/;
// dmesg -x: `kern  :err   : `.
const DECODED = /^(kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d) *:(\w+) *: /;
const PRIORITIES = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug'];
// dmesg: `[ 1108.858286] `, with `[T123] ` after it where the kernel names the caller (CONFIG_PRINTK_CALLER).
// With `<    0.000004>` inside: the time since the record before (dmesg -d).
const MONOTONIC = /^\[ *(\d{1,10})\.(\d{1,9})(?: <[ \d.]+>)?\] ?(?:\[ *[TC]\d+\] ?)?/;
// dmesg -T: `[Sun Feb 23 16:24:18 2025] `.
const CTIME =
  /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})(?: <[ \d.]+>)?\] ?(?:\[ *[TC]\d+\] ?)?/;
// dmesg --time-format iso has a comma; journalctl and rsyslog have a dot or none, and name the host.
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:([.,])(\d{1,9}))?(Z|[+-]\d\d:?\d\d)? /;
// journalctl -o short-unix and -o short-full.
const UNIX = /^(\d{9,11})\.(\d{1,9}) (?=\S{1,255} \S{1,64}: )/;
const FULL =
  /^[A-Z][a-z]{2} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|[A-Z]{2,5}|[+-]\d{2,4}) (?=\S{1,255} \S{1,64}: )/;
// dmesg -H: `[Nov26 19:00] `, then `[  +0.000012] `: no time that could be told.
const HUMAN = /^\[(?:[A-Z][a-z]{2}\d{1,2} \d\d:\d\d| *\+\d{1,10}\.\d{1,9})\] ?/;
const SYSLOG = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d{1,9})? /;
const HOST_AND_WRITER = /^\S{1,255} ([^\s:[\]]{1,64})(\[\d+\])?: /;
const KERNEL = /^(?:\S{1,255} )?kernel: /;
const HOST_KERNEL = /^\S{1,255} kernel: /;
// RFC 5424: `<3>1 2026-11-26T19:00:01Z node7 kernel - - - text`.
const RFC5424_VERSION = /^1 (?=\d{4}-)/;
const RFC5424_WRITER = /^\S{1,255} (\S{1,48})( )\S{1,128} \S{1,32} (?:-|\[[^\]]{0,500}\]) /;

const microseconds = (seconds: string, fraction: string): number =>
  Number(seconds) * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0'));

/** Reads the prefixes of dmesg, journalctl, syslog and pstore off a line. */
export const prefixOf = (line: string, now: number): Prefix => {
  let rest = line;
  let at: number | undefined;
  let monotonicUs: number | undefined;
  let facility: number | undefined;
  let priority: number | undefined;
  let fromKernel = false;
  let writer = '';
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = pattern.exec(rest);
    if (match === null) return undefined;
    rest = rest.slice(match[0].length);
    return match;
  };

  const [, level] = take(LEVEL) ?? [];
  if (level !== undefined) {
    facility = Math.floor(Number(level) / 8);
    priority = Number(level) % 8;
  }
  const [, facilityName, priorityName] = take(DECODED) ?? [];
  if (facilityName !== undefined) {
    facility = facilityName === 'kern' ? 0 : undefined;
    const index = PRIORITIES.indexOf(priorityName ?? '');
    priority = index === -1 ? undefined : index;
  }

  const isRfc5424 = level !== undefined && take(RFC5424_VERSION) !== undefined;
  const [, month, day, clock, year] = take(CTIME) ?? [];
  if (month && day && clock && year) at = ctimeStamp(month, day, clock, year);
  const [iso, date = '', time = '', mark, fraction, zone] = take(ISO) ?? [];
  if (iso !== undefined) at = isoStamp(date, time, fraction, zone);
  const [syslog, sysMonth = '', sysDay = '', sysClock = ''] = at === undefined ? (take(SYSLOG) ?? []) : [];
  if (syslog !== undefined) at = syslogStamp(sysMonth, sysDay, sysClock, now);

  const [unix, unixSeconds, unixFraction = ''] = at === undefined ? (take(UNIX) ?? []) : [];
  if (unix !== undefined) at = Number(`${unixSeconds}.${unixFraction}`) * 1000;
  const [full, fullDate = '', fullTime = ''] = at === undefined ? (take(FULL) ?? []) : [];
  if (full !== undefined) at = isoStamp(fullDate, fullTime, undefined, undefined);
  const isHuman = at === undefined && take(HUMAN) !== undefined;

  const byLogger = [syslog, unix, full].some((one) => one !== undefined) || (iso !== undefined && mark !== ',');
  const [, ident, pid = ''] = byLogger ? (take(isRfc5424 ? RFC5424_WRITER : HOST_AND_WRITER) ?? []) : [];
  const saysKernel = ident === 'kernel' || (!byLogger && take(KERNEL) !== undefined);
  if (ident !== undefined && ident !== 'kernel') writer = `${ident}${pid.trim()}: `;
  const [, seconds, micros] = writer === '' ? (take(MONOTONIC) ?? []) : [];
  if (seconds !== undefined && micros !== undefined) monotonicUs = microseconds(seconds, micros);
  // journalctl -o short-monotonic names host and writer behind the time.
  if (seconds !== undefined) take(HOST_KERNEL);

  // dmesg prints no facility unless asked to: brackets or a comma say that the line came out of the kernel's ring.
  const fromRing = monotonicUs !== undefined || month !== undefined || mark === ',' || isHuman;
  if (facilityName !== undefined || level !== undefined) fromKernel = facility === 0;
  else fromKernel = byLogger ? saysKernel : saysKernel || fromRing;

  return {
    length: line.length - rest.length,
    ...(at === undefined ? {} : { at }),
    ...(monotonicUs === undefined ? {} : { monotonicUs }),
    ...(facility === undefined ? {} : { facility }),
    ...(priority === undefined ? {} : { priority }),
    fromKernel,
    writer,
  };
};
