import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilesystem } from '../../../src/parse/kernel-log/filesystem.ts';
import { parseNetworkFilesystem } from '../../../src/parse/kernel-log/network-filesystem.ts';
import { parseNvme } from '../../../src/parse/kernel-log/nvme.ts';
import { isRelevant } from '../../../src/parse/kernel-log/relevant.ts';

describe('what the kernel says of an NVMe drive', () => {
  it.each([
    ['nvme nvme10: I/O 123 (I/O Cmd) QID 5 timeout, aborting', 'nvme10', 'timeout'],
    [
      'nvme nvme0: I/O tag 10 (1234) opcode 0x1 (Write) QID 1 timeout, aborting req_op:WRITE(1) size:4096',
      'nvme0',
      'timeout',
    ],
    ['nvme nvme0: I/O 0 QID 1 timeout, completion polled', 'nvme0', 'timeout'],
    ['nvme nvme0: I/O 12 QID 0 timeout, reset controller', 'nvme0', 'reset'],
    ['nvme nvme0: I/O 12 QID 0 timeout, disable controller', 'nvme0', 'reset'],
    ['nvme nvme0: controller is down; will reset: CSTS=0x3, PCI_STATUS=0x10', 'nvme0', 'reset'],
    ['nvme nvme0: frozen state error detected, reset controller', 'nvme0', 'reset'],
    ['nvme nvme0: Device not ready; aborting initialisation, CSTS=0x0', 'nvme0', 'reset'],
    ['nvme nvme0: Device not ready; aborting reset, CSTS=0x1', 'nvme0', 'reset'],
    ['nvme nvme0: Removing after probe failure status: -19', 'nvme0', 'removed'],
    ['nvme nvme0: Disabling device after reset failure: -19', 'nvme0', 'removed'],
    ['nvme nvme0: failed state error detected, request disconnect', 'nvme0', 'removed'],
    ['critical medium error, dev nvme0n1, sector 12 op 0x0:(READ) flags 0x0', 'nvme0n1', 'medium-error'],
    ['blk_update_request: critical medium error, dev nvme0c1n1, sector 12 op 0x0:(READ)', 'nvme0n1', 'medium-error'],
    ['print_req_error: I/O error, dev nvme12n3, sector 12', 'nvme12n3', 'io-error'],
    ['protection error, dev nvme0n1, sector 12 op 0x0:(READ)', 'nvme0n1', 'io-error'],
    ['block nvme0n1: no available path - failing I/O', 'nvme0n1', 'io-error'],
    ['block nvme0c2n1: no usable path - failing I/O', 'nvme0n1', 'io-error'],
    ['block nvme0c12n1: no usable path - failing I/O', 'nvme0n1', 'io-error'],
  ])('%s', (text, device, event) => {
    expect(parseNvme(text)).toMatchObject({
      kind: 'nvme',
      component: { kind: 'node', key: `node:${device}`, device },
      fields: { event },
    });
    expect(isRelevant(text)).toBe(true);
  });

  it.each([
    'nvme nvme0: 104/0/0 default/read/poll queues',
    'nvme nvme0: pci function 0000:01:00.0',
    'nvme nvme0: Shutdown timeout set to 11 seconds',
    'nvme nvme0: Abort status: 0x0',
    ' nvme0n1: p1 p2 p3',
    'I/O error, dev sda, sector 12 op 0x0:(READ)',
    'I/O error, dev nvme0n1, sector 12 op 0x3:(DISCARD) flags 0x0',
    'I/O error, dev nvme0n1, sector 12 op 0x9:(WRITE_ZEROES) flags 0x0',
    'operation not supported error, dev nvme0n1, sector 0 op 0x9:(WRITE_ZEROES)',
    'python3: nvme nvme0: controller is down; will reset: CSTS=0x3',
    'x nvme nvme0: I/O 12 QID 0 timeout, aborting',
  ])('%s says nothing', (text) => expect(parseNvme(text)).toBeUndefined());
});

describe('what the kernel says of a filesystem', () => {
  it.each([
    ['EXT4-fs (nvme0n1p2): Remounting filesystem read-only', 'nvme0n1p2', 'read-only'],
    ['BTRFS info (device dm-0: state EA): forced readonly', 'dm-0', 'read-only'],
    ['BTRFS: error (device sda3) in btrfs_commit_transaction:2277: errno=-5 IO failure', 'sda3', undefined],
    ['BTRFS error (device sda3: state E) in write_all_supers:4377: errno=-5 IO failure', 'sda3', 'error'],
    ['BTRFS critical (device nvme1n1): corrupt leaf: root=2 block=1', 'nvme1n1', 'error'],
    [
      'EXT4-fs error (device dm-2): ext4_find_entry:1463: inode #2: comm ls: reading directory lblock 0',
      'dm-2',
      'error',
    ],
    ['EXT4-fs (dm-0): I/O error while writing superblock', 'dm-0', 'error'],
    ['Aborting journal on device dm-0-8.', 'dm-0', 'error'],
    ['JBD2: Aborting journal on device nvme0n1p2-8.', 'nvme0n1p2', 'error'],
    ['XFS (md1): Filesystem has been shut down due to log error (0x2).', 'md1', 'shut-down'],
    ['XFS (sda1): Log I/O Error Detected.  Shutting down filesystem', 'sda1', 'shut-down'],
    [
      'XFS (sda1): Corruption of in-memory data (0x8) detected at x+0x1/0x2 [xfs].  Shutting down filesystem.',
      'sda1',
      'shut-down',
    ],
    ['XFS (dm-0): xfs_do_force_shutdown(0x8) called from line 1250', 'dm-0', 'shut-down'],
    [
      'XFS (dm-0): metadata I/O error in "xfs_da_read_buf+0xe1/0x140 [xfs]" at daddr 0x1 len 8 error 5',
      'dm-0',
      'error',
    ],
    [
      'XFS (dm-0): Metadata CRC error detected at xfs_agi_read_verify+0x5/0x1 [xfs], xfs_agi block 0x2',
      'dm-0',
      'error',
    ],
    ['XFS (dm-0): Internal error XFS_WANT_CORRUPTED_GOTO at line 1', 'dm-0', 'error'],
    ['Buffer I/O error on dev dm-0, logical block 1308098575, lost async page write', 'dm-0', 'io-error'],
    ['Buffer I/O error on device sda1, logical block 12', 'sda1', 'io-error'],
  ])('%s', (text, device, event) => {
    if (event === undefined) return expect(parseFilesystem(text)).toBeUndefined();
    expect(parseFilesystem(text)).toMatchObject({
      kind: 'filesystem',
      component: { key: `node:${device}`, device },
      fields: { event },
      variant: event,
    });
    expect(isRelevant(text)).toBe(true);
  });

  it.each([
    'EXT4-fs (dm-2): mounted filesystem with ordered data mode. Opts: (null). Quota mode: none.',
    'EXT4-fs (nvme0n1p3): re-mounted. Opts: (null). Quota mode: none.',
    'XFS (md1): Mounting V5 Filesystem',
    'XFS (md1): Ending clean mount',
    'Buffer I/O error on dev dm-0',
    'comm EXT4-fs (sda): Remounting filesystem read-only',
  ])('%s says nothing', (text) => expect(parseFilesystem(text)).toBeUndefined());
});

describe('what the kernel says of a file server', () => {
  it.each([
    ['nfs: server 10.0.0.5 not responding, still trying', '10.0.0.5', 'silent', 'nfs'],
    ['nfs: server filer.example.org not responding, timed out', 'filer.example.org', 'silent', 'nfs'],
    ['nfs: server 10.0.0.5 OK', '10.0.0.5', 'answers', 'nfs'],
    [
      'Lustre: 2345:0:(client.c:2282:ptlrpc_expire_one_request()) scratch-MDT0000-mdc-ffff9d2c4a5e8000: Connection to scratch-MDT0000 (at 10.1.0.1@o2ib) was lost; in progress operations',
      'scratch-MDT0000-mdc',
      'silent',
      'lustre',
    ],
    [
      'Lustre: MGC10.1.0.1@o2ib: Connection to MGS (at 10.1.0.1@o2ib) was lost; in progress operations',
      'MGC10.1.0.1@o2ib',
      'silent',
      'lustre',
    ],
    [
      'Lustre: scratch-OST0001-osc-ffff9d2c4a5e8000: Connection restored to 10.1.0.5@o2ib (at 10.1.0.5@o2ib)',
      'scratch-OST0001-osc',
      'answers',
      'lustre',
    ],
    [
      'Lustre: 2345:12:(import.c:1437:ptlrpc_import_recovery_state_machine()) scratch-OST0001-osc-ffff9d2c4a5e8000: Connection restored to 10.1.0.5@o2ib (at 10.1.0.5@o2ib)',
      'scratch-OST0001-osc',
      'answers',
      'lustre',
    ],
    ['ceph: mds0 hung', 'mds0', 'silent', 'ceph'],
    ['ceph: [f7a8c1d2-0000-4000-8000-000000000000 12345]: mds1 hung', 'mds1', 'silent', 'ceph'],
    ['ceph: mds0 came back', 'mds0', 'answers', 'ceph'],
    ['ceph: mds0 recovery completed', 'mds0', 'answers', 'ceph'],
    ['ceph: mds0 reconnect success', 'mds0', 'answers', 'ceph'],
  ])('%s', (text, device, event, filesystem) => {
    expect(parseNetworkFilesystem(text)).toMatchObject({
      kind: 'network-filesystem',
      component: { key: `node:${device}`, device },
      fields: { event, filesystem },
      variant: event,
    });
    expect(isRelevant(text)).toBe(true);
  });

  it.each([
    'nfs: server not responding',
    'NFSD: no clients to reclaim, skipping NFSv4 grace period (net f0000000)',
    'Lustre: Mounted scratch-client',
    'Lustre: 2345:0:(client.c:2282:ptlrpc_expire_one_request()) @@@ Request sent has timed out for slow reply',
    'ceph: mds0 caps stale',
    'name nfs: server 10.0.0.5 not responding, still trying',
  ])('%s says nothing', (text) => expect(parseNetworkFilesystem(text)).toBeUndefined());
});

it('whatever a line is, it is a message with a part or none', () => {
  const words = fc.constantFrom(
    'nvme nvme0: ',
    'I/O error, dev nvme0n1, sector 5',
    'EXT4-fs (sda): ',
    'XFS (',
    ') Shutting down filesystem',
    'Lustre: ',
    ': Connection to ',
    ' was lost',
    'nfs: server ',
    ' not responding, ',
    'ceph: [',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string()), { maxLength: 12 }), (parts) => {
      for (const parse of [parseNvme, parseFilesystem, parseNetworkFilesystem]) {
        const message = parse(parts.join(''));
        if (message !== undefined) expect(message.component.device?.length).toBeGreaterThan(0);
      }
    }),
  );
});
