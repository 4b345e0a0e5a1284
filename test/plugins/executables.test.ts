import { chmodSync, chownSync, copyFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { processesNaming, sandboxes } from '../support/cli.ts';
import { installedScripts, type Validated, validated } from '../support/plugin-site.ts';

const sandbox = sandboxes()();
const scripts = join(sandbox.dir, 'scripts');
const isRoot = process.getuid?.() === 0;

const of = (script: string, more: object = {}) => ({
  command: join(scripts, script),
  protocol: 'nagios',
  timeout: '2s',
  ...more,
});

/** One script per outcome, all in one validation: none of them may disturb another. */
const executables = {
  'lab/ok': of('ok'),
  'lab/warning': of('warning', { title: 'Scratch is full' }),
  'lab/critical': of('critical'),
  'lab/drains': of('critical', { action: { drain: true, then: 'service' } }),
  'lab/unknown': of('unknown'),
  'lab/exit-77': of('exit-77'),
  'lab/killed': of('killed'),
  'lab/silent': of('silent'),
  'lab/hangs': of('hangs', { timeout: '1s' }),
  'lab/floods': of('floods'),
  'lab/garbage': of('garbage'),
  'lab/grandchild': of('grandchild'),
  'lab/no-interpreter': of('no-interpreter'),
  'lab/environment': of('environment'),
  'lab/npd-ok': of('ok', { protocol: 'npd' }),
  'lab/npd-problem': of('npd-problem', { protocol: 'npd' }),
  'lab/npd-severe': of('npd-problem', { protocol: 'npd', severity: 'CRITICAL' }),
  'lab/npd-unknown': of('npd-unknown', { protocol: 'npd' }),
  'lab/npd-killed': of('killed', { protocol: 'npd' }),
  'lab/json-good': of('json-good', { protocol: 'json', codes: ['dim', 'dark'] }),
  'lab/json-other': of('json-good', { protocol: 'json', codes: ['dim'] }),
  'lab/json-drains': of('json-drain', { protocol: 'json', action: { drain: true } }),
  'lab/json-stays': of('json-drain', { protocol: 'json' }),
  'lab/json-code': of('json-code', { protocol: 'json' }),
  'lab/json-shape': of('json-shape', { protocol: 'json' }),
  'lab/json-text': of('json-text', { protocol: 'json' }),
  'lab/json-empty': of('json-empty', { protocol: 'json' }),
  'lab/json-crash': of('exit-77', { protocol: 'json' }),
  'lab/writable': of('writable'),
  'lab/not-executable': of('not-executable'),
  'lab/missing': of('nobody-wrote-this'),
  'lab/strangers': of('strangers'),
  'lab/linked': of('linked'),
  'gpu/xid-errors': of('ok'),
};

let ran: Validated;
beforeAll(async () => {
  installedScripts(scripts);
  for (const name of ['writable', 'not-executable', 'strangers'])
    copyFileSync(join(scripts, 'ok'), join(scripts, name));
  chmodSync(join(scripts, 'writable'), 0o757);
  chmodSync(join(scripts, 'not-executable'), 0o644);
  if (isRoot) chownSync(join(scripts, 'strangers'), 12_345, 12_345);
  symlinkSync(join(scripts, 'critical'), join(scripts, 'linked'));
  ran = await validated({ ...sandbox, env: { ...sandbox.env, SECRET: 'hidden' } }, { plugins: { executables } });
}, 60_000);

const finding = (id: string) => ran.check(id).findings[0];
const reason = (id: string): string => `${ran.check(id).severity}: ${ran.check(id).reason}`;

describe('an executable of the nagios protocol', () => {
  it('passes with 0', () => expect(ran.check('lab/ok')).toMatchObject({ severity: 'PASS', findings: [] }));

  it('warns with 1; what stands behind the bar is evidence', () => {
    expect(ran.check('lab/warning').title).toBe('Scratch is full');
    expect(finding('lab/warning')).toMatchObject({
      code: 'warning',
      severity: 'WARNING',
      component: { kind: 'node' },
      message: 'scratch is 85 % full',
      evidence: { exit_code: 1, '/scratch': '85%', inodes: '1200' },
      action: { drain: false },
    });
  });

  it('is critical with 2, of which the first line counts; a drain is for the configuration to ask', () => {
    expect(finding('lab/critical')).toMatchObject({
      code: 'critical',
      severity: 'CRITICAL',
      message: 'scratch is read-only',
      action: { drain: false, then: 'watch' },
    });
    expect(finding('lab/drains')?.action).toEqual({ drain: true, then: 'service' });
  });

  it('says that it does not know with 3', () => expect(reason('lab/unknown')).toBe('UNKNOWN: the BMC does not answer'));

  it.each([
    ['lab/exit-77', /^UNKNOWN: .*exit-77: exit code 77 means nothing in the nagios protocol .*no such option$/],
    ['lab/killed', /^UNKNOWN: .*killed: ended by SIGSEGV/],
    ['lab/hangs', /^UNKNOWN: .*hangs: no answer in 1 s, needed SIGKILL$/],
    ['lab/floods', /^UNKNOWN: .*floods: printed more than 1048576 bytes, killed$/],
    ['lab/no-interpreter', /^UNKNOWN: .*cannot start .*no-interpreter: ENOENT; is the interpreter in its first line/],
  ])('is UNKNOWN by any other end: %s', (id, words) => expect(reason(id)).toMatch(words));

  it('is never silent about silence', () =>
    expect(finding('lab/silent')?.message).toBe('it printed nothing and ended with exit code 2'));

  it('may print what it likes: nothing of it reaches a terminal', () => {
    const message = finding('lab/garbage')?.message ?? '';
    expect(message).toContain('broken');
    expect(message).not.toMatch(/\p{Cc}/u);
  });

  it('is judged when it ends, and what it left behind goes with it', () => {
    expect(finding('lab/grandchild')).toMatchObject({ message: 'started and forgotten' });
    expect(processesNaming(scripts)).toEqual([]);
  });

  it('gets a fixed environment, the context and a file of the facts', () =>
    expect(ran.check('lab/environment')).toMatchObject({ severity: 'PASS', findings: [] }));
});

describe('an executable of the npd protocol', () => {
  it('passes with 0, has a problem with 1, and does not know with anything else', () => {
    expect(ran.check('lab/npd-ok').severity).toBe('PASS');
    expect(finding('lab/npd-problem')).toMatchObject({
      code: 'problem',
      severity: 'WARNING',
      message: 'the NTP service is down',
    });
    expect(finding('lab/npd-severe')).toMatchObject({ severity: 'CRITICAL', action: { drain: false } });
    expect(reason('lab/npd-unknown')).toBe('UNKNOWN: exit code 2: cannot ask systemd');
    expect(reason('lab/npd-killed')).toMatch(/^UNKNOWN: .*ended by SIGSEGV/);
  });
});

describe('an executable of the json protocol', () => {
  it('judges component by component; the engine knows who GPU 3 is', () => {
    expect(ran.check('lab/json-good')).toMatchObject({ severity: 'CRITICAL' });
    expect(ran.check('lab/json-good').findings).toMatchObject([
      {
        code: 'dim',
        severity: 'CRITICAL',
        component: { kind: 'gpu', index: 3, uuid: expect.stringMatching(/^GPU-/) },
        message: 'GPU 3 glows at 2 lumen, 5 expected',
        observed: '2 lumen',
        expected: '5 lumen',
        evidence: { lumen: 2 },
        action: { drain: false, then: 'service' },
      },
    ]);
    expect(ran.check('lab/json-good').unjudged).toMatchObject([
      { severity: 'UNKNOWN', component: { kind: 'nic', device: 'mlx5_0', port: 1 }, detail: 'no lamp' },
    ]);
  });

  it('drains where the configuration lets it', () => {
    expect(finding('lab/json-drains')).toMatchObject({ code: 'problem', action: { drain: true, then: 'service' } });
    expect(finding('lab/json-stays')?.action).toEqual({ drain: false, then: 'service' });
  });

  it.each([
    ['lab/json-other', /1\.check: must be lab\/json-other$/],
    ['lab/json-code', /0\.code: is not among the codes that the configuration gives it: problem$/],
    ['lab/json-shape', /1\.(mesage: is no field of this|message: is missing)$/],
    ['lab/json-text', /what it printed is not JSON$/],
    ['lab/json-crash', /exit code 77; the json protocol ends with 0 or 1; it said: no such option$/],
  ])('is UNKNOWN where its words cannot be used: %s', (id, words) => {
    expect(ran.check(id).severity).toBe('UNKNOWN');
    expect(ran.check(id).reason).toMatch(words);
  });

  it('that judges nothing has passed nothing', () => expect(ran.check('lab/json-empty').severity).toBe('SKIPPED'));
});

describe('an executable that must not be run', () => {
  it.each([
    ['lab/writable', /plugins\.executables\.lab\/writable.*: its group or others may write it \(mode 0757\)/],
    ['lab/not-executable', /not-executable: may not be executed \(EACCES\); run chmod \+x/],
    ['lab/missing', /nobody-wrote-this: cannot be looked at \(ENOENT\)/],
    ['gpu/xid-errors', /plugins\.executables\.gpu\/xid-errors.*: gpu\/xid-errors is a check that ships with Muster/],
  ])('%s is refused with a reason; the rest run', (id, words) => {
    expect(finding('host/refused-plugins')?.message).toMatch(words);
    expect(ran.stderr).toMatch(words);
    if (id !== 'gpu/xid-errors') expect(() => ran.check(id)).toThrow(/there is no/);
  });

  it.skipIf(!isRoot)('one that belongs to somebody else is refused (needs root)', () =>
    expect(finding('host/refused-plugins')?.message).toMatch(/strangers: belongs to uid 12345/),
  );

  it('a link is as good as what it leads to', () => expect(finding('lab/linked')?.severity).toBe('CRITICAL'));

  it('is a warning, and the rest is judged', () => {
    expect(ran.check('host/refused-plugins').severity).toBe('WARNING');
    expect(ran.report).toMatchObject({ ready: false, overall_severity: 'CRITICAL' });
    expect(ran.exitCode).toBe(1);
  });
});
