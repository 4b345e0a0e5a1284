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
const MONOTONIC = /^\[ *(\d{1,10})\.(\d{1,9})\] ?(?:\[ *[TC]\d+\] )?/;
// dmesg -T: `[Sun Feb 23 16:24:18 2025] `.
const CTIME = /^\[[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})\] ?/;
// dmesg --time-format iso has a comma; journalctl and rsyslog have a dot or none, and name the host.
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:([.,])(\d{1,9}))?(Z|[+-]\d\d:?\d\d)? /;
const SYSLOG = /^([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.\d{1,9})? /;
const HOST_AND_WRITER = /^\S{1,255} ([^\s:[\]]{1,64})(\[\d+\])?: /;
const KERNEL = /^(?:\S{1,255} )?kernel: /;

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

  const [, month, day, clock, year] = take(CTIME) ?? [];
  if (month && day && clock && year) at = ctimeStamp(month, day, clock, year);
  const [iso, date = '', time = '', mark, fraction, zone] = take(ISO) ?? [];
  if (iso !== undefined) at = isoStamp(date, time, fraction, zone);
  const [syslog, sysMonth = '', sysDay = '', sysClock = ''] = at === undefined ? (take(SYSLOG) ?? []) : [];
  if (syslog !== undefined) at = syslogStamp(sysMonth, sysDay, sysClock, now);

  const byLogger = syslog !== undefined || (iso !== undefined && mark !== ',');
  const [, ident, pid = ''] = byLogger ? (take(HOST_AND_WRITER) ?? []) : [];
  const saysKernel = ident === 'kernel' || (!byLogger && take(KERNEL) !== undefined);
  if (ident !== undefined && ident !== 'kernel') writer = `${ident}${pid}: `;
  const [, seconds, micros] = writer === '' ? (take(MONOTONIC) ?? []) : [];
  if (seconds !== undefined && micros !== undefined) monotonicUs = microseconds(seconds, micros);

  // dmesg prints no facility unless asked to: brackets or a comma say that the line came out of the kernel's ring.
  const fromRing = monotonicUs !== undefined || month !== undefined || mark === ',';
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
