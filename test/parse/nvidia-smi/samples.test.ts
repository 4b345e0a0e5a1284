import { describe, expect, test } from 'vitest';
import { known } from '../../../src/api.ts';
import { readNvLinks } from '../../../src/parse/nvidia-smi/nvlink.ts';
import { readTopology } from '../../../src/parse/nvidia-smi/topology.ts';
import { answer, gpuOf, gpusOf, haveSamples, readings, sample, sampleNames } from './support.ts';

const value = <T>(v: T) => ({ ok: true, value: v });
/** Made by hand, or trimmed: they lack what every driver prints. */
const FRAGMENTS = ['fragment-fan-unknown-error.xml', 'gtx-1070-ti.xml'];

describe.skipIf(!haveSamples)('real captures (skipped without MUSTER_SAMPLES)', () => {
  test.each(sampleNames('nvsmi-xml').filter((name) => !FRAGMENTS.includes(name)))(
    '%s: nothing is a failure',
    (name) => {
      const { gpus, driver } = answer(sample(`nvsmi-xml/${name}`));
      expect(driver).toMatchObject({ ok: true, value: { version: { ok: true } } });
      expect(gpus.ok).toBe(true);
      for (const gpu of gpus.ok ? gpus.value : []) {
        expect(gpu.health).toEqual(value('answering'));
        const failed = [...readings(gpu)].filter(([, reading]) => reading.reason === 'failed');
        expect(failed).toEqual([]);
      }
    },
  );

  test('8 × H100', () => {
    const gpus = gpusOf(answer(sample('nvsmi-xml/hw-h100-580.105.08.xml')));
    expect(gpus).toHaveLength(8);
    expect(gpus[0]).toMatchObject({
      ref: { pciBusId: '00000000:53:00.0', slot: '7' },
      temperature: { coreCelsius: { signal: value(29) }, marginCelsius: { signal: value(58) } },
      power: { drawWatts: { signal: value(68.92) }, limitWatts: value(700) },
      pcie: { replays: { counter: value(150) }, maxGeneration: value(5) },
      throttle: { sw_power_cap: { seconds: { counter: value(7015.662857) } } },
      rows: { histogram: value({ max: 2560, high: 0, partial: 0, low: 0, none: 0 }) },
      busy: value(false),
    });
  });

  test('4 × GB200', () => {
    const gpus = gpusOf(answer(sample('nvsmi-xml/hw-gb200-580.173.02.xml')));
    expect(gpus).toHaveLength(4);
    expect(gpus[0]).toMatchObject({
      power: { limitWatts: value(1200), drawWatts: { signal: value(165.93) } },
      fabric: { cliqueId: value('2'), health: { summary: value('Healthy'), routeUnhealthy: value('False') } },
      platform: { slot: value('14'), tray: value('4') },
      ecc: { unrepairableMemory: value(false) },
      memory: { totalBytes: value(189471 * 2 ** 20) },
    });
  });

  test('A100: instant power where the average is N/A, absolute limits', () => {
    expect(gpuOf(sample('nvsmi-xml/hw-a100-570.148.08.xml'))).toMatchObject({
      power: { drawWatts: { signal: value(49.68) } },
      temperature: { slowdownCelsius: value(89), slowdownMarginCelsius: { ok: false, reason: 'unsupported' } },
      clock: { applicationSmHertz: value(1095e6), maxSmHertz: value(1410e6) },
      resetRequired: { ok: false, reason: 'deprecated' },
      recoveryAction: value('None'),
    });
  });

  test('L40S and T4: other architectures on other drivers', () => {
    expect(gpuOf(sample('nvsmi-xml/hw-l40s-595.91.07.xml'))).toMatchObject({
      pcie: { width: value(8), maxWidth: value(16) },
      temperature: {
        shutdownMarginCelsius: value(-5),
        memoryCelsius: { signal: { ok: false, reason: 'unsupported' } },
      },
      clock: { applicationSmHertz: { ok: false, reason: 'deprecated' } },
    });
    expect(gpuOf(sample('nvsmi-xml/tesla-t4.xml'))).toMatchObject({
      ecc: { volatile: { sram_uncorrectable: { counter: value(0) } } },
      rows: { pending: { ok: false, reason: 'unsupported' } },
      retiredPages: { count: value(0), pending: value(false) },
      busy: value(true),
      power: { limitWatts: value(70) },
    });
  });

  test('P400 on driver 418', () => {
    expect(gpuOf(sample('nvsmi-xml/quadro-p400.xml'))).toMatchObject({
      product: value('Quadro P400'),
      power: { drawWatts: { signal: { ok: false, reason: 'unsupported' } } },
      ecc: { enabled: { ok: false, reason: 'unsupported' } },
      temperature: { slowdownCelsius: value(100) },
    });
  });

  test('injected faults of the mock NVML are seen', () => {
    const [ecc] = gpusOf(answer(sample('nvsmi-xml/mock-gb200-ecc-injected-580.65.06.xml')));
    expect(ecc?.ecc.aggregate.dram_uncorrectable.counter).toMatchObject({ ok: true });
    const fabrics = gpusOf(answer(sample('nvsmi-xml/mock-gb200-fabric-degraded-580.65.06.xml')));
    expect(fabrics.some(({ fabric }) => JSON.stringify(fabric.health).includes('True'))).toBe(true);
  });

  test.each(sampleNames('nvsmi-errors'))('%s gives no GPU that answers', (name) => {
    const { gpus } = answer(sample(`nvsmi-errors/${name}`), 255);
    for (const gpu of gpus.ok ? gpus.value : [])
      expect(['lost', 'unknown-error']).toContain(gpu.health.ok && gpu.health.value);
  });

  test.each([
    ['nvlink-s-h100-80gb-hbm3-590.48.01.txt', 1, 18, 26.562],
    ['nvlink-s-h200-590.48.01.txt', 1, 18, 26.562],
    ['nvlink-s-a100.txt', 8, 12, 25],
    ['nvlink-s-gb200.txt', 2, 18, 53.125],
  ])('%s', (name, gpus, links, rate) => {
    const stdout = sample(`nvsmi-nvlink/${name}`);
    const read = readNvLinks({ exitCode: 0, stdout, stderr: '' }, known({ exitCode: 0, stdout: '', stderr: '' }));
    expect(read.ok && read.value.length).toBe(gpus);
    const first = read.ok ? read.value[0]?.links : undefined;
    expect(first?.ok && first.value.length).toBe(links);
    expect(first?.ok && first.value[0]?.rateGBps).toEqual(value(rate));
  });

  test.each([
    ['nvs-ConcatenatedNICLabelsInHeader.txt', 6],
    ['nvs-GraceGB200AllSYS.txt', 24],
    ['nvs-H100DGX8GPU_Mlx5Columns.txt', 80],
    ['nvs-NoNICsProducesEmptyMatrix.txt', 0],
    ['nvs-PartialLegendKeepsUnmappedColumns.txt', 4],
    ['nvs-SingleGPUIsNotMistakenForHeader.txt', 1],
    ['nvs-WrappedHeaderEightGPUOCI.txt', 16],
    ['topo-m-h100-80gb-hbm3-590.48.01.txt', 0],
  ])('%s', (name, count) => {
    const read = readTopology({ exitCode: 0, stdout: sample(`nvsmi-topo/${name}`), stderr: '' });
    expect(read.ok && read.value.length).toBe(count);
  });
});
