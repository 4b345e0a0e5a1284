import { createCollectors } from '../collectors/index.ts';
import { readNode } from '../engine/node.ts';
import { MusterError } from '../errors.ts';
import { playback } from '../host/playback.ts';
import { readRecording } from '../host/recording.ts';
import type { Machine } from './machine.ts';

const NOTHING_ABANDONED = { count: () => 0, oldestSeconds: () => 0 };

/** A recording as a machine that is judged with its own clock; `next` steps to its following sample. */
export const openRecordingMachine = async (
  path: string,
): Promise<{
  machine: Pick<Machine, 'host' | 'abandoned' | 'node' | 'collectors'>;
  next: () => Promise<boolean>;
}> => {
  const opened = await readRecording(path);
  if (!opened.ok) throw new MusterError('MUSTER_RECORDING', opened.detail);
  const recording = opened.value;
  const host = playback(recording.samples);
  const node = await readNode(host, { name: recording.node, bootId: recording.bootId });
  const machine = {
    host,
    abandoned: NOTHING_ABANDONED,
    node,
    collectors: createCollectors({ inventoryCommand: { file: 'muster-inventory', args: [] } }),
  };
  return { machine, next: async () => host.step() };
};
