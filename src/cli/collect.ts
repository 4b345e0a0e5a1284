import { setTimeout as sleep } from 'node:timers/promises';
import { checks } from '../../checks/index.ts';
import { loadConfig } from '../config/load.ts';
import { runCollector } from '../engine/collect.ts';
import { neededCollectors, SAMPLE_DISTANCE_MS } from '../engine/one-shot.ts';
import { MusterError } from '../errors.ts';
import type { Moment } from '../host/playback.ts';
import { record } from '../host/recorder.ts';
import { canWriteRecording, writeRecording } from '../host/write-recording.ts';
import { openMachine } from './machine.ts';
import type { MachineOptions } from './machine-options.ts';

/** Records what every source says, sample by sample, into a new directory. */
export const collect = async (
  options: MachineOptions & { readonly save: string; readonly samples: number },
): Promise<number> => {
  const config = await loadConfig({
    env: process.env,
    checks,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  const free = await canWriteRecording(options.save);
  if (!free.ok) throw new MusterError('MUSTER_RECORDING', free.detail);
  const machine = await openMachine(config, options);
  try {
    const samples: Moment[] = [];
    const recorder = record(machine.host);
    for (let i = 0; i < options.samples; i++) {
      if (i > 0) await sleep(SAMPLE_DISTANCE_MS);
      await Promise.all(
        neededCollectors(machine.collectors, checks).map((collector) =>
          runCollector(collector, recorder.host, collector.deadlineMs),
        ),
      );
      for (const path of ['/proc/sys/kernel/random/boot_id', '/proc/stat', '/proc/uptime'])
        await recorder.host.read(path);
      samples.push(recorder.take());
      process.stderr.write(`muster: sample ${i + 1} of ${options.samples} recorded\n`);
    }
    const written = await writeRecording(options.save, {
      node: machine.node.name,
      bootId: machine.node.bootId,
      samples,
    });
    if (!written.ok) throw new MusterError('MUSTER_RECORDING', written.detail);
    process.stdout.write(`${options.save}\n`);
    return 0;
  } finally {
    await machine.close();
  }
};
