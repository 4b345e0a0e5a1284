import { describe, expect, test } from 'vitest';
import { answer, edited, fixture, gpuOf, gpusOf } from './support.ts';

const h100 = fixture('h100-580.xml');
const value = <T>(v: T) => ({ ok: true, value: v });

describe('around the document', () => {
  test.each([
    ['a byte-order mark', `\uFEFF${h100}`],
    ['CRLF', h100.replaceAll('\n', '\r\n')],
    ['no DOCTYPE', h100.replace(/<!DOCTYPE[^>]*>\n/, '')],
    ['no XML declaration', h100.replace(/<\?xml[^>]*>\n/, '')],
    ['a banner before it', `some banner & <nonsense\n${h100}`],
    ['text after it', `${h100}\nbye & <\n`],
  ])('%s changes nothing', (_, xml) => {
    expect(answer(xml)).toEqual(answer(h100));
  });

  test('supported clocks are skipped, closed or not', () => {
    expect(gpusOf(answer(h100.replaceAll(/<supported_clocks>[\s\S]*?<\/supported_clocks>/g, '')))).toEqual(
      gpusOf(answer(h100)),
    );
    const open = h100.replace('</supported_clocks>', '');
    expect(gpuOf(open).processes).toMatchObject({ ok: false, reason: 'failed' });
    expect(gpuOf(open, 1)).toEqual(gpuOf(h100, 1));
  });

  test('damage in one GPU stays there', () => {
    const damaged = h100.replace('<fb_memory_usage>', '<fb_memory_usage></oops>');
    expect(gpuOf(damaged).temperature.coreCelsius.signal).toMatchObject({ ok: false, reason: 'failed' });
    expect(gpuOf(damaged).product).toEqual(value('NVIDIA H100 80GB HBM3'));
    expect(gpuOf(damaged, 1)).toEqual(gpuOf(h100, 1));
  });

  test('a GPU whose end is missing ends where the next one begins', () => {
    const open = h100.replace('</gpu>', '');
    expect(gpusOf(answer(open))).toHaveLength(2);
    expect(gpuOf(open).rows.pending).toEqual(value(false));
    expect(gpuOf(edited(open, 'fabric/state', undefined)).fabric.state).toMatchObject({
      ok: false,
      detail: expect.stringContaining('output ended early'),
    });
    expect(gpuOf(open, 1)).toEqual(gpuOf(h100, 1));
  });

  test('a GPU that the output did not reach is there, with nothing known', () => {
    const [first, second] = gpusOf(answer(h100.slice(0, h100.indexOf('</gpu>') - 20)));
    expect(first?.product).toEqual(value('NVIDIA H100 80GB HBM3'));
    expect(first?.inforomCorrupted).toMatchObject({ ok: false, reason: 'failed' });
    expect(second?.ref).toEqual({ kind: 'gpu', key: 'gpu:#1', index: 1 });
    expect(second?.health).toMatchObject({ ok: false, reason: 'failed' });
    const four = h100.slice(0, h100.indexOf('</gpu>')).replace('<attached_gpus>2<', '<attached_gpus>4<');
    expect(gpusOf(answer(four)).map(({ ref }) => ref.index)).toEqual([0, 1, 2, 3]);
  });
});

describe('the driver', () => {
  const driver = (xml: string) => {
    const read = answer(xml).driver;
    return read.ok ? read.value : undefined;
  };
  const version = (text: string) => driver(h100.replace('<driver_version>580.105.08<', text))?.version;
  test('as the head says', () => {
    expect(driver(h100)).toMatchObject({
      version: value('580.105.08'),
      cudaVersion: value('13.0'),
      libraryMismatch: value(false),
      attachedGpus: value(2),
    });
  });
  test.each([
    ['<driver_version>610.57.04 [Deprecated; will go]<', '610.57.04'],
    ['<kmd_version>610.57.04</kmd_version><driver_version>Deprecated, see kmd_version<', '610.57.04'],
  ])('%s', (text, expected) => {
    expect(version(text)).toEqual(value(expected));
  });
  test('without a version it is absent', () => {
    expect(version('<driver_version>N/A<')).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(version('<other>1<'.replace('1<', '1</other><x>'))).toMatchObject({ ok: false, reason: 'failed' });
  });
});

describe('no document', () => {
  test.each([
    ['', 0, 'failed'],
    ['', 9, 'failed'],
    ['', 4, 'denied'],
    ['', 15, 'lost'],
    ['', 12, 'failed'],
    ['', 77, 'failed'],
    ['', 2, 'failed'],
    ['', 3, 'unsupported'],
    ['', 6, 'no-device'],
    ['', 8, 'failed'],
    ['', 10, 'failed'],
    ['', 13, 'failed'],
    ['', 14, 'failed'],
    ['', 255, 'failed'],
    ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", 9, 'failed'],
    ['No devices were found', 6, 'no-device'],
    ['Failed to initialize NVML: Insufficient Permissions', 255, 'denied'],
    ['something new', 0, 'failed'],
  ])('%j, exit code %i', (stdout, code, reason) => {
    const { gpus, driver } = answer(stdout, code);
    expect(gpus).toMatchObject({ ok: false, reason });
    if (stdout !== '' && !gpus.ok) expect(gpus.detail).toContain(stdout.slice(0, 20));
    expect(driver.ok).toBe(reason === 'no-device');
  });

  test.each(['580.159', '580.159.04'])(
    'a library that does not fit is known as such, with its version %s',
    (version) => {
      const { gpus, driver } = answer(
        `Failed to initialize NVML: Driver/library version mismatch\nNVML library version: ${version}\n`,
        18,
      );
      expect(gpus).toMatchObject({ ok: false, reason: 'failed' });
      expect(driver).toMatchObject({
        ok: true,
        value: { libraryMismatch: value(true), libraryVersion: value(version), version: { ok: false } },
      });
    },
  );
});

test('a library that does not fit may not say its version', () => {
  expect(answer('Failed to initialize NVML: Driver/library version mismatch\n', 18).driver).toMatchObject({
    ok: true,
    value: { libraryMismatch: value(true), libraryVersion: { ok: false, reason: 'failed' } },
  });
});

test('what was said at length is shortened', () => {
  const { gpus } = answer(`\n  ${'x'.repeat(500)}  \nmore\n`, 9);
  expect(gpus.ok ? '' : gpus.detail).toMatch(/^nvidia-smi: x{160}… \(exit code 9: /);
});

describe('GPUs that could not be opened', () => {
  const line = 'Unable to determine the device handle for ';
  test.each([
    ['GPU 0000:0B:00.0: Unknown Error', '00000000:0B:00.0', 'unknown-error'],
    ['GPU0000:17:00.0: Unknown Error', '00000000:17:00.0', 'unknown-error'],
    ['GPU0: 0000:17:00.0: Unknown Error', '00000000:17:00.0', 'unknown-error'],
    ['GPU 0000:02:00.0: GPU is lost. Reboot the system to recover this GPU', '00000000:02:00.0', 'lost'],
    ['gpu 0000:02:00.0: GPU is lost.', '00000000:02:00.0', 'lost'],
    ['GPU 0000:02:00.0: Unknown\nError', '00000000:02:00.0', 'unknown-error'],
    ['GPU 0000:02:00.0:\n  GPU is\n  lost', '00000000:02:00.0', 'lost'],
    ['\nGPU 0000:02:00.0: GPU is lost', '00000000:02:00.0', 'lost'],
    ['GPU 0000:02:00.0: GPU requires reset', '00000000:02:00.0', 'requires-reset'],
  ])('%s', (text, pciBusId, health) => {
    for (const stdout of [`${line}${text}\n`, `${line}${text}\n${h100}`, `${h100}\n${line}${text}`]) {
      const gpus = gpusOf(answer(stdout, 255));
      const gpu = gpus.find(({ ref }) => ref.pciBusId === pciBusId);
      expect(gpu?.health).toEqual(value(health));
      expect(gpu?.product).toMatchObject({ ok: false, reason: 'lost' });
      expect(gpu?.ecc.volatile.sram_correctable.counter).toMatchObject({ ok: false, reason: 'lost' });
    }
  });

  test('several, and a mangled address, are each named', () => {
    const stdout = ['GPU 000:BA:80.0: Unknown Error', 'GPU0000:17:00.0: GPU is lost', 'GPU0000:17:00.0: GPU is lost']
      .map((text) => line + text)
      .join('\n');
    expect(gpusOf(answer(stdout, 255)).map(({ ref }) => ref.key)).toEqual(['gpu:000:BA:80.0', 'gpu:00000000:17:00.0']);
  });

  test('of two lines about one GPU the first counts', () => {
    const stdout = ['GPU is lost', 'Unknown Error'].map((words) => `${line}GPU0000:17:00.0: ${words}`).join('\n');
    expect(gpusOf(answer(stdout, 255)).map(({ health }) => health)).toEqual([value('lost')]);
  });

  test('what the GPU says of itself counts before such a line', () => {
    const lost = edited(h100, 'temperature/gpu_temp', 'GPU is lost');
    const gpus = gpusOf(answer(`${lost}${line}GPU 0000:53:00.0: Unknown Error\n`));
    expect(gpus.map(({ health }) => health)).toEqual([value('lost'), value('answering')]);
  });

  test('one among the listed is contradicted, and the others keep their index', () => {
    const gpus = gpusOf(answer(`${h100}${line}GPU 0000:60:00.0: GPU is lost\n`));
    expect(gpus.map(({ ref }) => [ref.pciBusId, ref.index])).toEqual([
      ['00000000:53:00.0', 0],
      ['00000000:64:00.0', 2],
      ['00000000:60:00.0', undefined],
    ]);
    const both = gpusOf(answer(`${h100}${line}GPU 0000:64:00.0: GPU is lost\n`));
    expect(both.map(({ health }) => health)).toEqual([value('answering'), value('lost')]);
  });

  test('our lack of permission says nothing of the GPU', () => {
    const [gpu] = gpusOf(answer(`${line}GPU 0000:02:00.0: Insufficient Permissions`, 4));
    expect(gpu?.health).toMatchObject({ ok: false, reason: 'denied' });
  });

  test('a process cannot forge such a line', () => {
    const forged = edited(h100, 'processes/process_info/process_name', `${line}GPU 0000:64:00.0: GPU is lost`);
    expect(gpuOf(forged, 1).health).toEqual(value('answering'));
    const last = h100.lastIndexOf('<processes>');
    const words = `<process_info><pid>1</pid><process_name>${line}GPU 0000:53:00.0: GPU is lost</process_name></process_info>`;
    const ofTheOther = h100.slice(0, last) + h100.slice(last).replace('<processes>', `<processes>${words}`);
    expect(gpusOf(answer(ofTheOther)).map(({ health }) => health)).toEqual([value('answering'), value('answering')]);
  });
});

describe('infoROM and exit codes', () => {
  const warning = 'WARNING: infoROM is corrupted at gpu 0000:64:00.0';
  const verdicts = (stdout: string, code: number, stderr = '') =>
    gpusOf(answer(stdout, code, stderr)).map(({ inforomCorrupted }) =>
      inforomCorrupted.ok ? inforomCorrupted.value : inforomCorrupted.reason,
    );
  test('the warning names the GPU, wherever it is printed', () => {
    expect(verdicts(h100, 0)).toEqual([false, false]);
    for (const [stdout, stderr] of [
      [`${warning}\n${h100}`, ''],
      [`${h100}${warning}\n`, ''],
      [h100, warning],
    ] as const) {
      expect(verdicts(stdout, 14, stderr)).toEqual([false, true]);
    }
  });
  test('exit code 14 without a name leaves it open, but for a single GPU', () => {
    expect(verdicts(h100, 14)).toEqual(['failed', 'failed']);
    expect(verdicts(fixture('v100-470.xml'), 14)).toEqual([true]);
  });
  test('an exit code that speaks of a fault which no GPU shows acquits none', () => {
    for (const { health } of gpusOf(answer(h100, 15))) expect(health).toMatchObject({ ok: false, reason: 'failed' });
    const explained = gpusOf(answer(edited(h100, 'temperature/gpu_temp', 'GPU is lost'), 15));
    expect(explained.map(({ health }) => health)).toEqual([value('lost'), value('answering')]);
  });
});
