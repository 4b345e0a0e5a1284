import type { Component } from '../api.ts';

/** A part of the node that is neither GPU nor NIC, by the name that the machine gives it: `nvme3`, `md0`, `/var`. */
export const hostPart = (device: string): Component => ({ kind: 'node', key: `node:${device}`, device });
