import type { Labels } from './answer.ts';

/** Address or name without its port: `gpu-001:9780`, `10.0.0.7:9780`, `[fe80::1]:9780`, `gpu-001`. */
const HOST = /^(?:\[([^\]]+)\]|([^:]*))(?::\d+)?$/;

/** What a node is called: the target label `node`, else the host part of `instance`. Undefined where neither says it. */
export const nodeName = ({ node, instance }: Labels): string | undefined => {
  if (node !== undefined && node !== '') return node;
  if (instance === undefined || instance === '') return undefined;
  const [, bracketed, plain] = HOST.exec(instance) ?? [];
  // An address that is no host and port (a bare IPv6 address, a path of a probe) is a name by itself.
  return bracketed ?? plain ?? instance;
};
