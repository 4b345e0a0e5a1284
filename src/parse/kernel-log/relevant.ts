/**
 * What a line must contain to be worth parsing. A flood, of a user who may write to the log or of a driver gone wild, must
 * cost next to nothing; none of these words is changed by the escapes of `/dev/kmsg`.
 */
const WORDS = [
  'Xid',
  'NVRM: ',
  'PCIe Bus Error',
  'mlx5_core',
  'ut of memory',
  'INFO: task ',
  ' lockup - CPU',
  'hard LOCKUP',
  'INFO: rcu',
  ' [#',
  ' in lib',
  'nvme',
  'EXT4-fs',
  'XFS (',
  'BTRFS',
  'Aborting journal',
  'Buffer I/O error',
  'nfs: server ',
  'Lustre: ',
  'ceph: ',
  'nvidia-peermem',
  'EDAC MC',
  '[Hardware Error]',
  'BERT: ',
  'Memory failure: ',
  'Uncorrected hardware memory error',
] as const;

export const isRelevant = (line: string): boolean => WORDS.some((word) => line.includes(word));
