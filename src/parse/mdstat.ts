import {
  absent,
  hostPart,
  known,
  type N,
  type RaidArray,
  type RaidMember,
  type RaidSync,
  type Reading,
} from '../api.ts';
import { decimal, integer, unreadable } from './quantity.ts';

// `md0 : active (auto-read-only) raid1 nvme1n1p2[1] nvme0n1p2[0](F)`; an inactive array has no level (drivers/md/md.c).
const HEAD = /^(md\S*) : (\w+)((?: \([a-z-]+\))*)(.*)$/;
const MEMBER = /^([^\s[\]]+)\[\d+\]((?:\([A-Z]\))*)$/;
const LEVEL = /^[a-z]+\d*$/;
// `1953382400 blocks super 1.2 [2/1] [U_]`: how many devices it is made of, and how many of these work.
const WORKING = /\[(\d+)\/(\d+)\] \[[U_]+\]/;
const CONTAINER = / super external:(?![/-])/;
// `[==>....]  recovery = 12.6% (37043392/292945152) finish=127.5min`; `resync=DELAYED` while it waits.
const SYNCING = /\b(recovery|resync|reshape|check|repair) *= *([\d.]+%|[A-Z]+)/;

const NO_REDUNDANCY = absent('unsupported', '/proc/mdstat counts the devices of redundant levels only');
const NOT_SYNCING = absent('unsupported', 'nothing is rebuilt or checked');

const memberOf = (text: string): RaidMember | undefined => {
  const [, name, marks = ''] = MEMBER.exec(text) ?? [];
  return name === undefined ? undefined : { name, failed: marks.includes('(F)'), spare: marks.includes('(S)') };
};

const progressOf = (printed: string): N => {
  if (!printed.endsWith('%')) return absent('no-history', `it waits: ${printed}`);
  const percent = decimal(printed.slice(0, -1));
  if (!percent.ok) return percent;
  return percent.value <= 100 ? known(percent.value / 100) : unreadable(printed, 'a percentage');
};

const syncingIn = (body: string): Reading<RaidSync> => {
  const [, action, printed = ''] = SYNCING.exec(body) ?? [];
  return action === undefined ? NOT_SYNCING : known({ action, progress: progressOf(printed) });
};

const arrayOf = ([, name = '', state = '', , rest = '']: RegExpExecArray, body: string): RaidArray | undefined => {
  const words = rest.split(' ').filter((word) => word !== '');
  const level = LEVEL.test(words[0] ?? '') ? words[0] : undefined;
  const members = (level === undefined ? words : words.slice(1)).map(memberOf);
  if (members.includes(undefined)) return undefined;
  const [, devices, working] = WORKING.exec(body) ?? [];
  return {
    ref: hostPart(name),
    name,
    state,
    level: level === undefined ? absent('unsupported', `${name} is ${state}: it has no level`) : known(level),
    devices: devices === undefined ? NO_REDUNDANCY : integer(devices),
    working: working === undefined ? NO_REDUNDANCY : integer(working),
    members: members as readonly RaidMember[],
    isContainer: CONTAINER.test(body),
    syncing: syncingIn(body),
  };
};

/** The arrays of `/proc/mdstat`; none is an answer. */
export const raidArrays = (text: string): Reading<readonly RaidArray[]> => {
  const lines = text.split('\n');
  if (!lines.some((line) => line.startsWith('Personalities :'))) return unreadable(text.trim(), 'a /proc/mdstat');
  const arrays: RaidArray[] = [];
  for (const [at, line] of lines.entries()) {
    const head = HEAD.exec(line);
    if (head === null) continue;
    const following = lines.slice(at + 1);
    // What belongs to an array is indented.
    const end = following.findIndex((one) => !/^\s/.test(one));
    const array = arrayOf(head, following.slice(0, end < 0 ? undefined : end).join('\n'));
    if (array === undefined) return unreadable(line, 'a line of /proc/mdstat');
    arrays.push(array);
  }
  return known(arrays);
};
