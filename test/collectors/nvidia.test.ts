import { describe, expect, test } from 'vitest';
import { absent, type CommandResult, type Host, known, type Reading, type S } from '../../src/api.ts';
import { driverModule } from '../../src/collectors/driver-module.ts';
import { nvidiaSmi } from '../../src/collectors/nvidia-smi.ts';
import { nvlink } from '../../src/collectors/nvlink.ts';
import { topology } from '../../src/collectors/topology.ts';
import { fixture } from '../parse/nvidia-smi/support.ts';

const noTool = absent('no-tool', 'nvidia-smi was not found');
const noFile = absent('no-device', 'no such file');
const printed = (stdout: string): Reading<CommandResult> => known({ exitCode: 0, stdout, stderr: '' });
const { signal } = new AbortController();

/** A host that answers by command line and by path. */
const host = (commands: Record<string, Reading<CommandResult>>, files: Record<string, S> = {}): Host => ({
  run: async (tool, args) => commands[[tool, ...args].join(' ')] ?? noTool,
  read: async (path) => files[path] ?? noFile,
  list: async () => noFile,
  kernelRecords: async () => noFile,
  now: () => 0,
  follow: async function* () {
    yield noTool;
  },
});

describe('collectors of NVIDIA facts', () => {
  test('nvidia-smi gives GPUs and driver from one call', async () => {
    const seen = await nvidiaSmi.collect(host({ 'nvidia-smi -q -x': printed(fixture('h100-580.xml')) }), signal);
    expect(seen.gpus.ok && seen.gpus.value.length).toBe(2);
    expect(seen.driver).toMatchObject({ ok: true, value: { version: known('580.105.08') } });
  });

  test.each(['no-tool', 'timeout', 'hung', 'not-recorded'] as const)('%s is the answer of each', async (reason) => {
    const why = absent(reason, 'because');
    const none = host({
      'nvidia-smi -q -x': why,
      'nvidia-smi nvlink -s': why,
      'nvidia-smi topo -m': why,
    });
    expect(await nvidiaSmi.collect(none, signal)).toEqual({ gpus: why, driver: why });
    expect(await nvlink.collect(none, signal)).toEqual({ nvlinks: why });
    expect(await topology.collect(none, signal)).toEqual({ rails: why });
  });

  test('nvlink without its error counters keeps its links', async () => {
    const status = printed('GPU 0: NVIDIA H100\n\t Link 0: 26.562 GB/s\n');
    const hung = absent('hung', 'no answer in 25 s');
    const asked = host({ 'nvidia-smi nvlink -s': status, 'nvidia-smi nvlink -e': hung });
    const { nvlinks } = await nvlink.collect(asked, signal);
    const links = nvlinks.ok ? nvlinks.value[0]?.links : undefined;
    expect(links?.ok && links.value).toMatchObject([{ up: true, errors: { replay: { counter: hung } } }]);
  });

  test('topo gives rails', async () => {
    const matrix = printed('\tGPU0\tmlx5_0\tCPU Affinity\nGPU0\t X \tPIX\t0-55\n');
    const { rails } = await topology.collect(host({ 'nvidia-smi topo -m': matrix }), signal);
    expect(rails.ok && rails.value).toMatchObject([{ gpu: { index: 0 }, nic: { device: 'mlx5_0' }, path: 'PIX' }]);
  });

  test.each([
    ['proc', { '/proc/driver/nvidia/version': known('NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.1.2  x') }],
    ['sysfs', { '/sys/module/nvidia/version': known('580.1.2\n') }],
    [
      'sysfs after an unreadable proc file',
      { '/proc/driver/nvidia/version': known('?'), '/sys/module/nvidia/version': known('580.1.2\n') },
    ],
  ])('the module version from %s', async (_, files) => {
    const { driverModule: module } = await driverModule.collect(host({}, files), signal);
    expect(module).toMatchObject({ ok: true, value: { version: known('580.1.2') } });
  });

  test('no module is no version', async () => {
    const { driverModule: module } = await driverModule.collect(host({}), signal);
    expect(module).toMatchObject({ ok: false, reason: 'no-device' });
  });
});
