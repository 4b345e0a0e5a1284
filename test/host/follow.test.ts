import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { S } from '../../src/api.ts';
import { follow } from '../../src/host/follow.ts';
import { temporaryDirectory, writeTool } from '../support/temporary.ts';
import { runtimeFor } from './runtime.ts';

const followScript = (script: string, o: { stallMs?: number; signal?: AbortSignal; maxLineLength?: number } = {}) => {
  const bin = temporaryDirectory();
  writeTool(bin, 'tool', `echo $$ > ${bin}/pid\n${script}`);
  const lines = follow('tool', [], { ...runtimeFor(bin), stallMs: 10_000, signal: new AbortController().signal, ...o });
  const isRunning = (): boolean => {
    try {
      return !/\) Z/.test(readFileSync(`/proc/${readFileSync(join(bin, 'pid'), 'utf8').trim()}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };
  return { lines, isRunning };
};

const all = async (lines: AsyncIterable<S>): Promise<readonly S[]> => {
  const got: S[] = [];
  for await (const line of lines) got.push(line);
  return got;
};
const line = (value: string): S => ({ ok: true, value });
const because = (reason: string, detail: RegExp) => ({ ok: false, reason, detail: expect.stringMatching(detail) });

describe('follow', () => {
  it('gives every line, an unfinished last one too, and ends with how the tool ended', async () => {
    const { lines } = followScript('echo a; echo b; printf c; echo broken >&2; exit 4');
    expect(await all(lines)).toEqual([
      line('a'),
      line('b'),
      line('c'),
      because('failed', /exited with code 4: broken/),
    ]);
  });

  it('loses nothing to a consumer that is slower than the tool', async () => {
    const { lines } = followScript('seq 20000');
    const got = await all(lines);
    expect([got.length, got[19_999]]).toEqual([20_001, line('20000')]);
  });

  it('ends when the tool says nothing, and stops it', async () => {
    const { lines, isRunning } = followScript('trap "" TERM; echo a; while :; do sleep 0.1; done', { stallMs: 400 });
    expect(await all(lines)).toEqual([line('a'), because('timeout', /said nothing for 0\.4 s \(pid \d+/)]);
    await expect.poll(isRunning).toBe(false);
  });

  it('ends without a word on abort, and stops the tool', async () => {
    const abort = new AbortController();
    const { lines, isRunning } = followScript('echo a; exec sleep 600', { signal: abort.signal });
    const got: S[] = [];
    for await (const one of lines) {
      got.push(one);
      abort.abort();
    }
    expect(got).toEqual([line('a')]);
    await expect.poll(isRunning).toBe(false);
  });

  it('stops the tool when the consumer has enough, even while it waits for a line', async () => {
    const { lines, isRunning } = followScript('echo a; exec sleep 600');
    const iterator = lines[Symbol.asyncIterator]();
    await iterator.next();
    const waiting = iterator.next();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect.poll(isRunning).toBe(false);
  });

  it('ends at a line without end', async () => {
    const { lines, isRunning } = followScript('echo a; sleep 0.2; exec cat /dev/zero', { maxLineLength: 1000 });
    expect(await all(lines)).toEqual([line('a'), because('failed', /a line longer than 1000/)]);
    await expect.poll(isRunning).toBe(false);
  });

  it('says that there is no such tool', async () => {
    const lines = follow('no-such-tool', [], {
      ...runtimeFor('/'),
      stallMs: 1000,
      signal: new AbortController().signal,
    });
    expect(await all(lines)).toEqual([because('no-tool', /no-such-tool/)]);
  });
});
