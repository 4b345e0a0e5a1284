import { hostPart } from '../../api.ts';
import type { KernelMessage } from './message.ts';

interface Phrase {
  readonly event: 'read-only' | 'shut-down' | 'error' | 'io-error';
  /** The first group is the device, as the kernel names it. */
  readonly pattern: RegExp;
}

const DEVICE = '([^\\s():]{1,32})';
const phrase = (event: Phrase['event'], pattern: string): Phrase => ({ event, pattern: new RegExp(`^${pattern}`) });

/**
 * What filesystems say when they can no longer do their work (Linux: fs/ext4/super.c, fs/jbd2/journal.c, fs/xfs/xfs_fsops.c
 * and xfs_error.c, fs/btrfs/messages.c, fs/buffer.c). ext4 and btrfs turn read-only, XFS shuts down and stays "rw".
 */
const PHRASES: readonly Phrase[] = [
  phrase('read-only', `EXT4-fs \\(${DEVICE}\\): Remounting filesystem read-only`),
  phrase('read-only', `BTRFS(?: \\w+)? \\(device ${DEVICE}[^)]*\\).{0,120}forced readonly`),
  phrase('shut-down', `XFS \\(${DEVICE}\\): .{0,200}[Ss]hutting down filesystem`),
  phrase('shut-down', `XFS \\(${DEVICE}\\): Filesystem has been shut down`),
  phrase('shut-down', `XFS \\(${DEVICE}\\): xfs_do_force_shutdown`),
  phrase('error', `EXT4-fs error \\(device ${DEVICE}\\)`),
  phrase('error', `EXT4-fs \\(${DEVICE}\\): I/O error while writing superblock`),
  phrase('error', `(?:JBD2: )?Aborting journal on device ${DEVICE}-\\d+\\.`),
  phrase('error', `XFS \\(${DEVICE}\\): (?:[Mm]etadata (?:I/O error|corruption|CRC error)|Internal error|Corruption )`),
  phrase('error', `BTRFS (?:error|critical) \\(device ${DEVICE}`),
  phrase('io-error', `Buffer I/O error on dev(?:ice)? ${DEVICE}, logical block \\d+`),
];

const BEGINNINGS = ['EXT4-fs', 'XFS (', 'BTRFS', 'JBD2: ', 'Aborting journal', 'Buffer I/O error'] as const;

/** What the kernel says of a filesystem, by its device: `md0`, `dm-3`, `nvme0n1p2`. */
export const parseFilesystem = (text: string): KernelMessage | undefined => {
  if (!BEGINNINGS.some((words) => text.startsWith(words))) return undefined;
  for (const { event, pattern } of PHRASES) {
    const device = pattern.exec(text)?.[1];
    if (device !== undefined)
      return { kind: 'filesystem', component: hostPart(device), fields: { event }, variant: event };
  }
  return undefined;
};
