import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { CheckReport, VerdictReport } from '../../src/report/verdict-report.ts';
import { muster, type Ran, type Sandbox, sandboxes } from '../support/cli.ts';
import { PANICS } from '../support/fake-tools/ibstat.ts';
import { descriptionOf, type HandMade, handMade, treeOf, withoutGpus } from '../support/fake-tools/machine.ts';
import { DESCRIBES_ONLY, FLOODS, HANGS, says, WORDS } from '../support/fake-tools/nvidia-smi.ts';

const isVerdict = new Ajv2020({ strict: false, validateFormats: false }).compile(
  JSON.parse(readFileSync(new URL('../../src/report/verdict.schema.json', import.meta.url), 'utf8')) as object,
);

const sandbox = sandboxes();
const TREE = treeOf('hgx-h100-8');
const XML = descriptionOf('hgx-h100-8');

const TIMEOUT_SECONDS = 3;
/** For a busy machine: what is shown is that the run ends, not how fast; what hangs would hang for minutes. */
const SLACK_SECONDS = 30;

interface Judged {
  readonly ran: Ran;
  readonly verdict: VerdictReport;
}

const judge = async (env: Readonly<Record<string, string>>, args: readonly string[] = []): Promise<Judged> => {
  const ran = await muster(
    ['validate', '--level', 'quick', '--timeout', `${TIMEOUT_SECONDS}s`, '-o', 'json', ...args],
    env,
  );
  const verdict = JSON.parse(ran.stdout) as VerdictReport;
  expect(isVerdict(verdict), JSON.stringify(isVerdict.errors)).toBe(true);
  expect(verdict.ready).toBe(ran.exitCode === 0);
  return { ran, verdict };
};

const checkOf = (verdict: VerdictReport, id: string): CheckReport => {
  const found = verdict.checks.find((check) => check.id === id);
  if (found === undefined) throw new Error(`no ${id} in the verdict`);
  return found;
};

/** Whatever a check says about itself, as one text. */
const wordsOf = ({ reason, findings, unjudged }: CheckReport): string =>
  [
    reason,
    ...findings.map(({ message, observed }) => `${message}: ${observed ?? ''}`),
    ...unjudged.map(({ detail }) => detail),
  ].join('\n');

/** Judged from the kernel log, which a broken nvidia-smi does not touch. */
const NOT_FROM_THE_DRIVER = ['thermal/hot-nics', 'gpu/xid-errors', 'gpu/sxid-errors'];

const passesThatNeedTheDriver = ({ checks }: VerdictReport, answered = false): readonly string[] =>
  checks
    .filter(({ id, severity }) => /^(gpu|thermal)\//.test(id) && severity === 'PASS')
    .map(({ id }) => id)
    .filter((id) => !NOT_FROM_THE_DRIVER.includes(id) && !(answered && id === 'gpu/driver-unresponsive'));

const withSmi = (script: string, answers: Readonly<Record<string, string>> = {}): HandMade =>
  handMade(sandbox(), TREE, { 'nvidia-smi': script }, { 'q-x': XML, ...answers });

interface BadTool {
  readonly name: string;
  readonly script: string;
  readonly answers?: Readonly<Record<string, string>>;
  readonly severity: 'UNKNOWN' | 'CRITICAL';
  readonly check?: string;
  /** The driver did speak: that it does not answer would be wrong too. */
  readonly answered?: true;
  /** What a person reads. */
  readonly says: RegExp;
}

const HALF = XML.slice(0, Math.floor(XML.length * 0.06));

const BAD_TOOLS: readonly BadTool[] = [
  { name: 'hangs and ignores SIGTERM', script: HANGS, severity: 'UNKNOWN', says: /no answer in 3 s, needed SIGKILL/ },
  {
    name: 'prints garbage',
    script: says('%%% 0x7f <<< not an answer', 0),
    severity: 'CRITICAL',
    says: /not an answer/,
  },
  { name: 'prints garbage and exits with 255', script: says('%%%', 255), severity: 'CRITICAL', says: /exit code 255/ },
  { name: 'exits with 255 in silence', script: 'exit 255', severity: 'CRITICAL', says: /exit code 255/ },
  { name: 'prints nothing and exits with 0', script: 'exit 0', severity: 'CRITICAL', says: /nothing|no output|empty/ },
  { name: 'prints without end', script: FLOODS, severity: 'CRITICAL', says: /printed more than [0-9]+ bytes/ },
  { name: 'crashes by a signal', script: 'kill -SEGV $$', severity: 'CRITICAL', says: /SIGSEGV/ },
  {
    name: 'finds no driver',
    script: says(WORDS.driverNotLoaded, 9),
    severity: 'CRITICAL',
    says: /communicate with the NVIDIA driver/,
  },
  {
    name: 'has another version than the driver',
    script: says(WORDS.mismatch, 18),
    severity: 'CRITICAL',
    check: 'firmware/driver-mismatch',
    says: /mismatch|580\.105/,
  },
  {
    name: 'finds no devices',
    script: says(WORDS.noDevices, 6),
    severity: 'CRITICAL',
    check: 'gpu/missing-gpus',
    answered: true,
    says: /PCI bus shows a GPU/,
  },
  {
    name: 'cannot reach a GPU and stops there',
    script: says(WORDS.lostGpu, 15),
    severity: 'CRITICAL',
    check: 'gpu/lost-gpus',
    says: /1B:00\.0/,
  },
  {
    name: 'is cut off in its XML',
    script: 'exec /bin/cat "$answers/half"',
    answers: { half: HALF },
    severity: 'UNKNOWN',
    answered: true,
    check: 'gpu/lost-gpus',
    says: /ended early/,
  },
];

describe.concurrent('an nvidia-smi that', () => {
  it.each(BAD_TOOLS)(
    '$name is neither a pass nor a hang',
    async ({ script, answers = {}, severity, check = 'gpu/driver-unresponsive', answered, says: words }) => {
      const machine = withSmi(script, answers);
      const { ran, verdict } = await judge(machine.env);
      expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
      expect(checkOf(verdict, check).severity, wordsOf(checkOf(verdict, check))).toBe(severity);
      expect(wordsOf(checkOf(verdict, check))).toMatch(words);
      expect(passesThatNeedTheDriver(verdict, answered)).toEqual([]);
      expect(ran.seconds).toBeLessThan(TIMEOUT_SECONDS + SLACK_SECONDS);
      expect(machine.stillRunning()).toEqual([]);
    },
  );

  it('names a lost GPU before its XML describes the seven others', async () => {
    const lost = descriptionOf('hgx-h100-8+missing@gpu0');
    const machine = withSmi(`echo '${WORDS.lostGpu}'\n${DESCRIBES_ONLY}`, { 'q-x': lost });
    const { ran, verdict } = await judge(machine.env);
    expect(ran.exitCode).toBe(1);
    expect(checkOf(verdict, 'gpu/lost-gpus').findings).toMatchObject([
      { component: { pci_bus_id: '00000000:1B:00.0' } },
    ]);
    expect(checkOf(verdict, 'gpu/driver-unresponsive').severity).not.toBe('UNKNOWN');
  });

  it('names a lost GPU after its XML', async () => {
    const lost = descriptionOf('hgx-h100-8+missing@gpu0');
    const machine = withSmi(`/bin/cat "$answers/q-x"\necho '${WORDS.lostGpu}'\nexit 15`, { 'q-x': lost });
    const { ran, verdict } = await judge(machine.env);
    expect(ran.exitCode).toBe(1);
    expect(checkOf(verdict, 'gpu/lost-gpus').findings).toMatchObject([
      { component: { pci_bus_id: '00000000:1B:00.0' } },
    ]);
  });

  it('may not be executed', async () => {
    const machine = withSmi('exit 0');
    chmodSync(join(machine.bin, 'nvidia-smi'), 0o644);
    const { ran, verdict } = await judge(machine.env);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(wordsOf(checkOf(verdict, 'gpu/driver-unresponsive'))).toMatch(/nvidia-smi/);
    expect(passesThatNeedTheDriver(verdict)).toEqual([]);
  });

  it('is a directory', async () => {
    const machine = handMade(sandbox(), TREE, {});
    mkdirSync(join(machine.bin, 'nvidia-smi'));
    const { ran, verdict } = await judge(machine.env);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(checkOf(verdict, 'gpu/driver-unresponsive').severity).toBe('CRITICAL');
    expect(passesThatNeedTheDriver(verdict)).toEqual([]);
  });

  it('has an interpreter that is not there', async () => {
    const machine = withSmi('exit 0');
    writeFileSync(join(machine.bin, 'nvidia-smi'), '#!/no/such/interpreter\n');
    const { ran, verdict } = await judge(machine.env);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(wordsOf(checkOf(verdict, 'gpu/driver-unresponsive'))).toMatch(/interpreter/);
  });
});

describe.concurrent('a machine', () => {
  it('with nothing but an nvidia-smi that describes the GPUs is judged by that, and only NVLink and rails are not', async () => {
    const machine = withSmi(DESCRIBES_ONLY);
    const { ran, verdict } = await judge(machine.env);
    expect(verdict.checks.flatMap(({ findings }) => findings)).toEqual([]);
    expect(checkOf(verdict, 'gpu/driver-unresponsive').severity).toBe('PASS');
    expect(checkOf(verdict, 'gpu/ecc-errors').severity).toBe('PASS');
    for (const id of ['gpu/nvlink-down', 'gpu/nvlink-errors', 'network/rail-misalignment']) {
      expect(checkOf(verdict, id)).toMatchObject({
        severity: 'SKIPPED',
        reason: expect.stringContaining('nvidia-smi'),
      });
    }
    expect(verdict.checks.filter(({ severity }) => severity === 'UNKNOWN')).toEqual([]);
    expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('whose nvidia-smi is slow still knows which GPU an Xid is about', async () => {
    // Four seconds: longer than three periods of the kernel log, which answered long before.
    const tree = treeOf('hgx-h100-8+xid79@gpu3');
    const machine = handMade(sandbox(), tree, { 'nvidia-smi': `/bin/sleep 4\n${DESCRIBES_ONLY}` }, { 'q-x': XML });
    const { ran, verdict } = await judge(machine.env, ['--timeout', '20s', '--only', 'gpu/xid-errors', '--gpus', '3']);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(checkOf(verdict, 'gpu/xid-errors').findings).toMatchObject([
      {
        severity: 'CRITICAL',
        component: { index: 3, uuid: expect.stringMatching(/^GPU-/), pci_bus_id: expect.any(String) },
      },
    ]);
  });

  it('without PATH finds the tools that the configuration names', async () => {
    const place = sandbox();
    const machine = handMade(place, TREE, { 'nvidia-smi': DESCRIBES_ONLY }, { 'q-x': XML });
    const config = join(place.dir, 'muster.yaml');
    writeFileSync(config, `tools:\n  nvidia-smi: ${join(machine.bin, 'nvidia-smi')}\n`);
    const { PATH: _, ...env } = machine.env;
    const { verdict } = await judge(env, ['--config', config]);
    expect(checkOf(verdict, 'gpu/driver-unresponsive').severity).toBe('PASS');
    const empty = await judge({ ...env, PATH: '' }, ['--config', config]);
    expect(checkOf(empty.verdict, 'gpu/driver-unresponsive').severity).toBe('PASS');
  });

  it('without nvidia-smi but with GPUs on the PCI bus is not ready, and is not to be drained for it', async () => {
    const machine = handMade(sandbox(), TREE, {});
    const { ran, verdict } = await judge(machine.env);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(checkOf(verdict, 'gpu/driver-unresponsive').findings).toMatchObject([
      { code: 'tool-missing', severity: 'CRITICAL', action: { drain: false } },
    ]);
    expect(passesThatNeedTheDriver(verdict)).toEqual([]);
  });

  it('without nvidia-smi and without GPUs is UNKNOWN, unless the configuration says that it has none', async () => {
    const place = sandbox();
    const machine = handMade(place, withoutGpus(TREE), {});
    const { ran, verdict } = await judge(machine.env);
    expect(ran).toMatchObject({ exitCode: 1, stderr: '' });
    expect(verdict.overall_severity).toBe('UNKNOWN');
    const config = join(place.dir, 'muster.yaml');
    writeFileSync(config, 'gpus: none\n');
    const cpuOnly = await judge(machine.env, ['--config', config]);
    expect(cpuOnly.ran.exitCode, JSON.stringify(cpuOnly.verdict.affected_components)).toBe(0);
  });

  it('whose ibstat gives up after some ports keeps the ports and loses the pass', async () => {
    const tree = new Map([...TREE].filter(([path]) => !path.startsWith('sys/class/infiniband/')));
    const machine = handMade(sandbox(), tree, { 'nvidia-smi': DESCRIBES_ONLY, ibstat: PANICS }, { 'q-x': XML });
    const { ran, verdict } = await judge(machine.env);
    expect(ran.exitCode).toBe(1);
    const network = verdict.checks.filter(({ category }) => category === 'network');
    expect(network.map(wordsOf).join('\n')).toMatch(/mlx5_8/);
    expect(checkOf(verdict, 'network/link-down').severity).toBe('UNKNOWN');
    expect(checkOf(verdict, 'network/link-down').unjudged).toMatchObject([{ component: { device: 'mlx5_8' } }]);
  });

  it('whose files are garbage is judged by the rest', async () => {
    const garbage = new Map(
      [...TREE].map(([path, text]) => [path, path.startsWith('sys/') ? '\u0000\u00ff%%%\n' : text]),
    );
    const machine = handMade(sandbox(), garbage, { 'nvidia-smi': DESCRIBES_ONLY }, { 'q-x': XML });
    const { ran, verdict } = await judge(machine.env);
    expect(ran.exitCode).toBe(1);
    const passes = verdict.checks.filter(({ id, severity }) => id.startsWith('network/') && severity === 'PASS');
    // That the NICs are there is said by the names of their directories.
    expect(passes.map(({ id }) => id)).toEqual(['network/missing-nics', 'network/nic-driver-errors']);
    expect(checkOf(verdict, 'gpu/ecc-errors').severity).toBe('PASS');
  });

  it.each([
    { name: 'is not there', at: (place: Sandbox) => join(place.dir, 'no-such-file') },
    { name: 'is a directory', at: (place: Sandbox) => place.dir },
  ])('whose kernel log $name has no pass for Xids', async ({ at }) => {
    const place = sandbox();
    const machine = handMade(place, TREE, { 'nvidia-smi': DESCRIBES_ONLY }, { 'q-x': XML });
    const { verdict } = await judge({ ...machine.env, MUSTER_KMSG: at(place) });
    expect(['SKIPPED', 'UNKNOWN']).toContain(checkOf(verdict, 'gpu/xid-errors').severity);
    expect(wordsOf(checkOf(verdict, 'gpu/xid-errors'))).toContain(at(place));
  });

  it.skipIf(process.getuid?.() === 0)('whose kernel log may not be read is UNKNOWN (not as root)', async () => {
    const place = sandbox();
    const machine = handMade(place, TREE, { 'nvidia-smi': DESCRIBES_ONLY }, { 'q-x': XML });
    chmodSync(join(place.dir, 'kmsg'), 0);
    const { verdict } = await judge(machine.env);
    expect(checkOf(verdict, 'gpu/xid-errors').severity).toBe('UNKNOWN');
  });
});
