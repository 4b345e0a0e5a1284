import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';
import { idsOf, stored } from './events.ts';

/** 20 rounds here; more by hand: `MUSTER_KILL_ROUNDS=200 npx vitest run test/store/event-log-kill.test.ts`. */
const ROUNDS = Number(process.env.MUSTER_KILL_ROUNDS ?? 20);

const writerIn = async (directory: string): Promise<string> => {
  const outfile = join(directory, 'writer.cjs');
  await build({ entryPoints: [join(import.meta.dirname, 'writer.ts')], bundle: true, platform: 'node', outfile });
  return outfile;
};

/** Lets a writer run until some time after its first acknowledgement and kills it; answers with what it acknowledged. */
const killedWriter = async (script: string, directory: string, afterMs: number): Promise<readonly number[]> => {
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (printed === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
    printed += text;
  });
  expect(await ended).toEqual([null, 'SIGKILL']);
  // The last number may have been cut.
  return printed.split('\n').slice(0, -1).map(Number);
};

describe('kill -9', () => {
  it(
    `at any moment loses no acknowledged event (${ROUNDS} rounds)`,
    async () => {
      const place = temporaryDirectory();
      const script = await writerIn(place);
      const directory = join(place, 'events');
      const acknowledged: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const ids = await killedWriter(script, directory, Math.random() * 60);
        const lastBefore = acknowledged.at(-1) ?? 0;
        expect(ids[0]).toBeGreaterThan(lastBefore);
        acknowledged.push(...ids);
        const onDisk = await stored(directory);
        const found = new Map(onDisk.map((event) => [event.id, event.message]));
        expect(acknowledged.filter((id) => found.get(id)?.startsWith(`event ${id} `) !== true)).toEqual([]);
        expect(idsOf(onDisk)).toEqual(Array.from({ length: onDisk.length }, (_, i) => i + 1));
      }
      expect(acknowledged.length).toBeGreaterThan(ROUNDS);
    },
    ROUNDS * 5000 + 30_000,
  );
});
