import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GpuSample } from '../../src/api.ts';
import { ALL_COLUMNS } from '../../src/collectors/gpu-columns.ts';
import { fakeTools } from '../../src/mock/fake-tools.ts';
import { treeWriter } from '../../src/mock/owner-files.ts';
import { readQueryHeader, readQueryLine } from '../../src/parse/nvidia-smi/query.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { file, treeOf, xmlLeaves } from './support.ts';

/** The answers of a simulated machine's tools in a directory, as its owner writes them. */
const machine = (spec: string) => {
  const dir = temporaryDirectory();
  const write = treeWriter(dir);
  const show = (named = spec, seconds = 0): void =>
    write(new Map([...treeOf(named, seconds)].filter(([path]) => path.startsWith('commands/'))));
  show();
  mkdirSync(join(dir, 'bin'));
  const tool = join(dir, 'bin/nvidia-smi');
  writeFileSync(tool, fakeTools(join(dir, 'answers')).get('nvidia-smi') ?? '');
  chmodSync(tool, 0o755);
  const run = (...args: string[]): Promise<{ readonly code: number; readonly out: string }> =>
    new Promise((resolve) => {
      // Without a PATH, as Slurm runs its hooks.
      execFile(tool, args, { env: {}, timeout: 10_000 }, (error, out) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out }),
      );
    });
  return { tool, show, run };
};

const samplesOf = (out: string): readonly GpuSample[] => {
  const [header = '', ...lines] = out.trimEnd().split('\n');
  const columns = readQueryHeader(header);
  if (!columns.ok) throw new Error(columns.detail);
  return lines.map((line) => {
    const read = readQueryLine(columns.value, line);
    if (!read.ok) throw new Error(read.detail);
    return read.value.sample;
  });
};

const everything = (...more: string[]): string[] => [`--query-gpu=${ALL_COLUMNS.join(',')}`, '--format=csv', ...more];

describe('nvidia-smi --query-gpu of a simulated machine', () => {
  it.each(['hgx-h100-8', 'hgx-a100-8', 'gb200-nvl72'])(
    '%s answers what the follower asks, as -q -x does',
    async (name) => {
      const spec = `${name}+busy`;
      const { run } = machine(spec);
      const { code, out } = await run(...everything());
      // A driver before 580 has no counters and says so.
      const printed =
        code === 2
          ? (await run(...everything().map((arg) => arg.replace(/,clocks_event_reasons_counters[^,]*/g, '')))).out
          : out;
      const gpus = [...xmlLeaves(file(treeOf(spec), 'commands/nvidia-smi_-q_-x.out'))].filter(
        ([gpu]) => gpu !== 'header',
      );
      const samples = samplesOf(printed);
      expect(samples).toHaveLength(gpus.length);
      for (const [i, [, leaves]] of gpus.entries()) {
        const read = (path: string): number =>
          Number.parseFloat(leaves.find((leaf) => leaf.path === `nvidia_smi_log/gpu/${path}`)?.text ?? '');
        expect(samples[i]).toMatchObject({
          utilizationRatio: read('utilization/gpu_util') / 100,
          smClockHertz: read('clocks/sm_clock') * 1e6,
          powerWatts: read('gpu_power_readings/instant_power_draw'),
          powerLimitWatts: read('gpu_power_readings/current_power_limit'),
          temperatureCelsius: read('temperature/gpu_temp'),
          pcieWidth: read('pci/pci_gpu_link_info/link_widths/current_link_width'),
        });
      }
    },
  );

  it('prints header and units in NVIDIA’s spelling, whatever alias was asked for', async () => {
    const { run } = machine('hgx-h100-8');
    const { out } = await run(
      '--query-gpu=index,clocks.sm,gpu_uuid,clocks_throttle_reasons.hw_slowdown',
      '--format=csv',
      '-i',
      '3',
    );
    expect(out).toMatch(
      /^index, clocks\.current\.sm \[MHz\], uuid, clocks_event_reasons\.hw_slowdown\n3, \d+ MHz, GPU-[0-9a-f-]{36}, Not Active\n$/,
    );
  });

  it.each([
    [
      'an unknown column',
      ['--query-gpu=index,nonsense,bogus', '--format=csv'],
      2,
      /^Field "nonsense" is not a valid field to query\.\n\n$/,
    ],
    ['another column of a similar name', ['--query-gpu=gpu.uuid', '--format=csv'], 2, /^Field "gpu\.uuid"/],
    ['a command in a column', ['--query-gpu=$(kill -9 $PPID)', '--format=csv'], 2, /is not a valid field/],
    ['no such GPU', ['--query-gpu=index', '--format=csv', '-i', '99'], 6, /^No devices were found\n$/],
    ['another format', ['--query-gpu=index', '--format=xml'], 2, /^Format modifier is not recognized\.\n$/],
    ['an unknown option', ['--query-gpu=index', '--bogus'], 255, /^ERROR: Option --bogus is not recognized/],
    ['a loop of nothing', ['--query-gpu=index', '-l', '0'], 2, /must be greater than 0/],
  ])('%s is refused as NVIDIA does', async (_, args, code, out) => {
    expect(await machine('hgx-h100-8').run(...args)).toEqual({ code, out: expect.stringMatching(out) });
  });

  it('leaves out header and units where told to', async () => {
    const { run } = machine('hgx-h100-8');
    const { out } = await run(
      '--query-gpu=memory.total,clocks.applications.graphics',
      '--format=csv,noheader,nounits',
      '-i',
      '0',
    );
    expect(out).toBe('81559, 1980\n');
  });

  it('says of a lost GPU what is lost, and who it is', async () => {
    const { run } = machine('hgx-h100-8+lost@gpu5');
    const { out } = await run(
      '--query-gpu=index,uuid,power.draw,remapped_rows.correctable',
      '--format=csv,noheader',
      '-i',
      '5',
    );
    expect(out).toMatch(/^5, GPU-[0-9a-f-]{36}, \[GPU is lost\], \[GPU is lost\]\n$/);
  });

  it('loops with fresh values until the driver is gone', async () => {
    const { run, show } = machine('hgx-h100-8+busy');
    const looping = run('--query-gpu=timestamp,index', '--format=csv', '-lms', '50', '-i', '0');
    show('hgx-h100-8+busy', 7);
    await new Promise((next) => setTimeout(next, 300));
    show('hgx-h100-8+busy+no-driver', 8);
    const { code, out } = await looping;
    expect(code).toBe(9);
    expect(out).toContain('timestamp, index\n');
    expect(out.match(/timestamp/g)).toHaveLength(1);
    expect(out).toContain('08:54:08.000, 0\n');
    expect(out).toContain('NVIDIA-SMI has failed');
  });
});

describe('a GPU that is held back at work', () => {
  const sampleOf = async (spec: string, gpu: number): Promise<GpuSample | undefined> =>
    samplesOf((await machine(spec).run(...everything())).out)[gpu];

  it.each([
    ['throttle@gpu3', 'hw_thermal'],
    ['power-brake@gpu3', 'hw_power_brake'],
    ['power-cap@gpu3', 'sw_power_cap'],
  ] as const)('by %s is slower, draws less and says why', async (fault, reason) => {
    const [well, held] = [await sampleOf('hgx-h100-8+busy', 3), await sampleOf(`hgx-h100-8+busy+${fault}`, 3)];
    expect((held?.smClockHertz ?? 0) / (well?.smClockHertz ?? 1)).toBeLessThan(0.9);
    expect((held?.powerWatts ?? 0) / (well?.powerWatts ?? 1)).toBeLessThan(0.8);
    expect(held?.throttled?.[reason]).toBe(true);
    expect(well?.throttled?.[reason]).toBe(false);
    // In whatever order the faults were named.
    expect(await sampleOf(`hgx-h100-8+${fault}+busy`, 3)).toEqual(held);
  });

  it('is not slower at idle', async () => {
    const [well, held] = [await sampleOf('hgx-h100-8', 3), await sampleOf('hgx-h100-8+throttle@gpu3', 3)];
    expect(held?.smClockHertz).toBe(well?.smClockHertz);
  });
});
