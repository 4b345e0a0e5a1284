import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventRecord } from '../../../src/engine/event.ts';
import { noDState, openFreezableDisk } from '../../support/dstate.ts';
import type { ChaosCase, Setting, Stage } from '../chaos-case.ts';
import { lostEvents } from '../lost-events.ts';

/** That its events do not reach the disk is for the agent to say. */
const FINDS = ['host/agent-degraded'];
const seconds = { short: 12, full: 120 };

const command = (file: string, ...args: readonly string[]): void => {
  const { status, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: ${stderr}`);
};

/** A state directory in memory that only the agent sees, in a mount namespace that ends with it. */
const smallDisk = ({ bench }: { readonly bench: Stage['bench'] }): Setting => {
  mkdirSync(bench.stateDir, { recursive: true });
  const mount = `mount -t tmpfs -o size=512k muster-test ${bench.stateDir} && exec "$0" "$@"`;
  return { command: ['unshare', '--mount', 'sh', '-c', mount] };
};

/** The state directory as the agent sees it. */
const seenBy = ({ agent, bench }: Stage): string => join(`/proc/${agent.process.pid}/root`, bench.stateDir);

const remount = ({ agent, bench }: Stage, how: 'ro' | 'rw'): void =>
  command('nsenter', `--mount=/proc/${agent.process.pid}/ns/mnt`, 'mount', '-o', `remount,${how}`, bench.stateDir);

const fill = (file: string): void => {
  try {
    writeFileSync(file, Buffer.alloc(64 << 20));
  } catch {
    // Full is what it should be.
  }
};

/** The second fault was told while the disk took nothing. */
const inMemory = async ({ scraper }: Stage): Promise<readonly string[]> =>
  (scraper.scrapes.at(-1)?.eventsInMemoryOnly ?? 0) > 0 ? [] : ['nothing waits for a disk that takes nothing'];

/** What was told meanwhile is on the disk in the end, as it was told. */
const onDisk = async (stage: Stage): Promise<readonly string[]> => {
  const directory = join(seenBy(stage), 'events');
  const stored = readdirSync(directory)
    .sort()
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EventRecord);
  return lostEvents(await stage.agent.events(), stored).map((problem) => `on the disk: ${problem}`);
};

const full: ChaosCase = {
  name: 'the state disk is full',
  missing: noDState,
  seconds,
  breaks: [],
  blinds: [],
  finds: FINDS,
  prepare: smallDisk,
  inflict: (stage) => {
    const ballast = join(seenBy(stage), 'ballast');
    fill(ballast);
    return async () => rmSync(ballast);
  },
  meanwhile: inMemory,
  after: onDisk,
};

const readOnly: ChaosCase = {
  name: 'the state disk becomes read-only',
  missing: noDState,
  seconds,
  breaks: [],
  blinds: [],
  finds: FINDS,
  prepare: smallDisk,
  inflict: (stage) => {
    remount(stage, 'ro');
    return async () => remount(stage, 'rw');
  },
  meanwhile: inMemory,
  after: onDisk,
};

/** Made by `prepare`, frozen by `inflict`. */
const frozenDisk = (): ChaosCase => {
  let disk: ReturnType<typeof openFreezableDisk> | undefined;
  return {
    name: 'the state disk does not answer',
    missing: noDState,
    seconds,
    breaks: [],
    blinds: [],
    finds: FINDS,
    prepare: ({ bench }) => {
      disk = openFreezableDisk();
      mkdirSync(bench.stateDir, { recursive: true });
      command('mount', '--bind', disk.path, bench.stateDir);
      return {
        close: () => {
          disk?.thaw();
          command('umount', '--lazy', bench.stateDir);
          disk?.close();
        },
      };
    },
    inflict: () => {
      disk?.freeze();
      return async () => disk?.thaw();
    },
    meanwhile: inMemory,
    after: onDisk,
  };
};

export const diskCases: readonly ChaosCase[] = [full, readOnly, frozenDisk()];
