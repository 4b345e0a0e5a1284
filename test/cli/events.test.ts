import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type EventsOptions, events } from '../../src/cli/events.ts';
import { isMusterError } from '../../src/errors.ts';
import { openEventLog } from '../../src/store/event-log.ts';
import { eventAt } from '../store/events.ts';
import { temporaryDirectory } from '../support/temporary.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs the verb with this state directory; answers with what it printed. */
const run = async (stateDir: string, options: Partial<EventsOptions> = {}) => {
  vi.stubEnv('MUSTER_STATE_DIR', stateDir);
  vi.stubEnv('FORCE_COLOR', undefined);
  const printed = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed.err += String(text);
    return true;
  });
  const code = await events({ output: 'text', ...options }).finally(() => vi.restoreAllMocks());
  return { code, ...printed };
};

const withEvents = async (count: number): Promise<string> => {
  const stateDir = temporaryDirectory();
  const log = await openEventLog({ directory: join(stateDir, 'events') });
  for (let second = 0; second < count; second += 1) log.append(eventAt(second));
  await log.flushed();
  return stateDir;
};

describe('muster events', () => {
  it('prints the last 50, the newest last, or as many as asked', async () => {
    const stateDir = await withEvents(60);
    const lines = (await run(stateDir)).out.trimEnd().split('\n');
    expect(lines).toHaveLength(50);
    expect(lines[0]).toMatch(/event 10$/);
    expect(lines.at(-1)).toMatch(/^2026-06-01T12:00:59Z .* event 59$/);
    expect((await run(stateDir, { limit: '3' })).out.trimEnd().split('\n')).toHaveLength(3);
  });

  it('as JSON', async () => {
    const { out, code } = await run(await withEvents(2), { output: 'json' });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      schema_version: 1,
      events: [
        { id: 1, ...eventAt(0) },
        { id: 2, ...eventAt(1) },
      ],
    });
  });

  it('says on stderr why there is nothing to print', async () => {
    const none = temporaryDirectory();
    expect(await run(none)).toEqual({
      code: 0,
      out: '',
      err: `muster: no events: ${none}/events does not exist: no agent has run with this state directory\n`,
    });
    const some = await withEvents(1);
    expect((await run(some, { type: ['gpu_reset'] })).err).toMatch(
      /^muster: no events: none in \S+ meets what was asked\n$/,
    );
    expect((await run(await withEvents(0))).err).toMatch(/events holds none yet\n$/);
    expect(await run(some, { output: 'json', check: 'gpu/*' })).toEqual({
      code: 0,
      out: '{\n  "schema_version": 1,\n  "events": []\n}\n',
      err: '',
    });
  });

  it.each<[Partial<EventsOptions>, RegExp]>([
    [{ since: 'yesterday' }, /^--since yesterday: write/],
    [{ type: ['oops'] }, /^--type oops: there is no such event/],
    [{ limit: '0' }, /^--limit 0: write/],
    [{ check: 'gpuu/*' }, /^no check matches --check gpuu\/\*; muster checks lists them$/],
  ])('%j cannot run', async (options, message) => {
    await expect(run(temporaryDirectory(), options)).rejects.toThrow(message);
  });

  it('cannot run where the directory cannot be read, and says so on one line', async () => {
    const stateDir = temporaryDirectory();
    writeFileSync(join(stateDir, 'events'), '');
    const failed = await run(stateDir).catch((error: unknown) => error);
    expect(isMusterError(failed)).toBe(true);
    expect(String(failed)).toMatch(
      /^MusterError: \S+\/events: ENOTDIR: not a directory; read it as the user of the agent, or name its directory with MUSTER_STATE_DIR$/,
    );
  });
});
