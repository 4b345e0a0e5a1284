import type { Component } from '../../src/api.ts';

/** What a person calls the component: `GPU 3`, `mlx5_2`, `mlx5_0 port 2`, `the node`, `nvme3`. */
export const nameOf = ({ kind, index, pciBusId, device, port, key }: Component): string => {
  if (kind === 'node') return device ?? 'the node';
  if (kind === 'gpu') return `GPU ${index ?? pciBusId ?? key}`;
  if (kind === 'nic' && device !== undefined)
    return port === undefined || port === 1 ? device : `${device} port ${port}`;
  return key;
};
