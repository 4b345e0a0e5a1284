import { hostPart } from '../../api.ts';
import type { KernelMessage } from './message.ts';

interface Phrase {
  readonly filesystem: 'nfs' | 'lustre' | 'ceph';
  readonly answers: boolean;
  /** The first group is the server. */
  readonly pattern: RegExp;
}

/**
 * A server of a network filesystem that does not answer, or answers again (Linux: net/sunrpc/clnt.c, fs/ceph/mds_client.c;
 * Lustre: ptlrpc/import.c, whose name of the server ends in the address of a structure).
 */
const PHRASES: readonly Phrase[] = [
  { filesystem: 'nfs', answers: false, pattern: /^nfs: server (\S{1,255}) not responding, / },
  { filesystem: 'nfs', answers: true, pattern: /^nfs: server (\S{1,255}) OK/ },
  {
    filesystem: 'lustre',
    answers: false,
    pattern: /^Lustre: (?:\d+:\d+:\(.{1,80}?\) )?(\S{1,120}?)(?:-[0-9a-f]{8,16})?: Connection to .{1,200} was lost/,
  },
  {
    filesystem: 'lustre',
    answers: true,
    pattern: /^Lustre: (?:\d+:\d+:\(.{1,80}?\) )?(\S{1,120}?)(?:-[0-9a-f]{8,16})?: Connection restored to /,
  },
  { filesystem: 'ceph', answers: false, pattern: /^ceph: (?:\[.{1,80}?\]: )?(mds\d{1,4}) hung/ },
  {
    filesystem: 'ceph',
    answers: true,
    pattern: /^ceph: (?:\[.{1,80}?\]: )?(mds\d{1,4}) (?:came back|recovery completed|reconnect success)/,
  },
];

/** Whether a server of a network filesystem answers, by its name: `10.0.0.5`, `scratch-OST0001-osc`, `mds0`. */
export const parseNetworkFilesystem = (text: string): KernelMessage | undefined => {
  if (!/^(?:nfs|Lustre|ceph): /.test(text)) return undefined;
  for (const { filesystem, answers, pattern } of PHRASES) {
    const server = pattern.exec(text)?.[1];
    if (server === undefined) continue;
    const event = answers ? 'answers' : 'silent';
    return {
      kind: 'network-filesystem',
      component: hostPart(server),
      fields: { event, filesystem },
      variant: event,
    };
  }
  return undefined;
};
