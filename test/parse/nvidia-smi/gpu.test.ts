import { describe, expect, test } from 'vitest';
import { answer, collapsed, edited, fixture, gpuOf, gpusOf } from './support.ts';

const h100 = fixture('h100-580.xml');
const v100 = fixture('v100-470.xml');
const mig = fixture('a100-mig-515.xml');
const value = <T>(v: T) => ({ ok: true, value: v });

describe('an H100 on driver 580', () => {
  const gpu = gpuOf(h100);

  test('is known by PCI address, index, UUID, serial, model and slot', () => {
    expect(gpu.ref).toEqual({
      kind: 'gpu',
      key: 'gpu:00000000:53:00.0',
      index: 0,
      pciBusId: '00000000:53:00.0',
      uuid: 'GPU-00000000-aaaa-bbbb-cccc-000000000000',
      serial: '1650000000000',
      model: 'NVIDIA H100 80GB HBM3',
      slot: '1',
    });
    expect(gpuOf(h100, 1).ref).toMatchObject({ index: 1, pciBusId: '00000000:64:00.0' });
    expect(gpu.pciDeviceId).toEqual(value('233010DE'));
  });

  test('temperatures, margins and limits keep their meaning and sign', () => {
    expect(gpu.temperature).toMatchObject({
      coreCelsius: { signal: value(29) },
      memoryCelsius: { signal: value(37) },
      marginCelsius: { signal: value(58) },
      slowdownMarginCelsius: value(-2),
      shutdownMarginCelsius: value(-8),
      slowdownCelsius: { ok: false, reason: 'unsupported' },
      memoryMaxCelsius: { ok: false, reason: 'unsupported' },
    });
  });

  test('power is the GPU’s own, not that of its memory or module', () => {
    expect(gpu.power).toEqual({
      drawWatts: { signal: value(68.92) },
      limitWatts: value(650),
      defaultLimitWatts: value(700),
      minLimitWatts: value(200),
      maxLimitWatts: value(700),
    });
  });

  test('power that is not told for the instant is the average', () => {
    for (const text of ['N/A', undefined])
      expect(gpuOf(edited(h100, 'gpu_power_readings/instant_power_draw', text)).power.drawWatts).toEqual({
        signal: value(68.57),
      });
  });

  test('clocks are in hertz and memory in bytes', () => {
    expect(gpu.clock).toEqual({
      smHertz: { signal: value(345e6) },
      memoryHertz: { signal: value(2619e6) },
      maxSmHertz: value(1980e6),
      maxMemoryHertz: value(2619e6),
      applicationSmHertz: value(1980e6),
      defaultApplicationSmHertz: value(1980e6),
    });
    expect(gpu.memory).toEqual({ totalBytes: value(81559 * 2 ** 20), usedBytes: value(2 ** 20) });
  });

  test('throttle flags and the seconds of the five reasons that have them', () => {
    expect(gpu.throttle.idle.active).toEqual(value(true));
    expect(gpu.throttle.hw_thermal.active).toEqual(value(false));
    expect(gpu.throttle.sw_power_cap.seconds).toEqual({ counter: value(7015.662857) });
    expect(gpu.throttle.sw_thermal.seconds).toEqual({ counter: value(1.5) });
    expect(gpu.throttle.hw_power_brake.seconds).toEqual({ counter: value(0.000002) });
    expect(gpu.throttle.hw_slowdown.seconds).toMatchObject({ counter: { ok: false, reason: 'unsupported' } });
  });

  test('uncorrectable SRAM errors are the sum of parity and SEC-DED', () => {
    expect(gpu.ecc.volatile).toEqual({
      sram_correctable: { counter: value(3) },
      sram_uncorrectable: { counter: value(3) },
      dram_correctable: { counter: value(4) },
      dram_uncorrectable: { counter: value(5) },
    });
    expect(gpu.ecc.sramThresholdExceeded).toEqual(value(false));
    expect(gpu.ecc.unrepairableMemory).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  test.each(['parity', 'secded'])('without the %s part there is no sum', (part) => {
    const path = `ecc_errors/volatile/sram_uncorrectable_${part}`;
    for (const text of [undefined, 'N/A', 'GPU is lost']) {
      expect(gpuOf(edited(h100, path, text)).ecc.volatile.sram_uncorrectable.counter.ok).toBe(false);
    }
  });

  test('rows, retired pages, PCIe, processes', () => {
    expect(gpu.rows).toEqual({
      correctable: value(0),
      uncorrectable: value(0),
      pending: value(false),
      failed: value(false),
      histogram: value({ max: 2560, high: 1, partial: 0, low: 0, none: 0 }),
    });
    expect(gpu.retiredPages.count).toMatchObject({ ok: false, reason: 'unsupported' });
    const elsewhere = { counter: { ok: false, reason: 'unsupported' } };
    expect(gpu.pcie).toMatchObject({
      generation: value(5),
      maxGeneration: value(5),
      width: value(16),
      maxWidth: value(16),
      replays: { counter: value(150) },
      aer: { correctable: elsewhere, nonfatal: elsewhere, fatal: elsewhere },
    });
    expect(gpu.processes).toEqual(
      value([{ pid: 4242, name: 'python <train>', type: 'C', memoryBytes: value(512 * 2 ** 20) }]),
    );
  });

  test.each([
    ['Yes', value(true)],
    ['No', value(false)],
    ['Maybe', { ok: false, reason: 'failed' }],
  ])('needs a reset: %s', (text, needed) => {
    const status = `<gpu_reset_status><reset_required>${text}</reset_required></gpu_reset_status>`;
    expect(gpuOf(h100.replace('</gpu>', `${status}</gpu>`)).resetRequired).toMatchObject(needed);
  });

  test.each(['', ' id=""', ' id="N/A"'])('without an address (%j) is known by its place', (id) => {
    const nameless = edited(h100.replace(' id="00000000:53:00.0"', id), 'pci/pci_bus_id', 'N/A');
    expect(gpuOf(nameless).ref.key).toBe('gpu:#0');
  });

  test('an empty chassis serial number is not a serial number', () => {
    expect(gpu.platform.chassisSerial).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(gpu.platform.moduleId).toEqual(value('1'));
  });
});

describe('a V100 on driver 470', () => {
  const gpu = gpuOf(v100);
  test('old spellings of power, throttle reasons and ECC', () => {
    expect(gpu.power).toMatchObject({ drawWatts: { signal: value(42.1) }, limitWatts: value(250) });
    expect(gpu.throttle.hw_slowdown.active).toEqual(value(true));
    expect(gpu.ecc.volatile).toMatchObject({
      dram_correctable: { counter: value(7) },
      dram_uncorrectable: { counter: value(8) },
      sram_uncorrectable: { counter: { ok: false, reason: 'unsupported' } },
    });
    expect(gpu.ecc.aggregate.dram_uncorrectable).toEqual({ counter: value(10) });
  });
  test('absolute temperature limits and retired pages', () => {
    expect(gpu.temperature).toMatchObject({ slowdownCelsius: value(87), shutdownCelsius: value(90) });
    expect(gpu.retiredPages).toEqual({ count: value(4), pending: value(true) });
    expect(gpu.rows.pending).toMatchObject({ ok: false, reason: 'unsupported' });
  });
  test('an empty element says nothing of what it would hold', () => {
    const empty = gpuOf(v100.replace('</gpu>', '<fabric></fabric></gpu>'));
    expect(empty.fabric.state).toMatchObject({ ok: false, reason: 'unsupported' });
  });
  test('what came with later drivers is unsupported, and says so', () => {
    for (const reading of [gpu.fabric.state, gpu.recoveryAction, gpu.architecture, gpu.platform.slot]) {
      expect(reading).toMatchObject({ ok: false, reason: 'unsupported' });
      expect(reading.ok ? '' : reading.detail).toContain('driver 470.74');
    }
  });
});

describe('MIG', () => {
  const gpu = gpuOf(mig);
  test('instances do not overwrite their GPU', () => {
    expect(gpu.memory.totalBytes).toEqual(value(40960 * 2 ** 20));
    expect(gpu.migEnabled).toEqual(value(true));
  });
  test('what is told per instance is unsupported for the GPU, with MIG as the reason', () => {
    for (const reading of [gpu.utilizationRatio.signal, gpu.ecc.volatile.sram_uncorrectable.counter]) {
      expect(reading).toMatchObject({ ok: false, reason: 'unsupported' });
      expect(reading.ok ? '' : reading.detail).toContain('MIG');
    }
    expect(gpu.ecc.aggregate.sram_uncorrectable).toEqual({ counter: value(0) });
  });
  test('processes decide whether it is busy', () => {
    expect(gpu.busy).toEqual(value(true));
    expect(gpuOf(collapsed(mig, 'processes', '')).busy).toEqual(value(false));
    expect(gpuOf(collapsed(mig, 'processes', 'Insufficient Permissions')).busy).toMatchObject({ reason: 'denied' });
  });
});

describe('busy', () => {
  const idle = edited(h100, 'utilization/gpu_util', '0 %');
  test.each([
    ['utilisation', collapsed(h100, 'processes', ''), true],
    ['a compute process at 0 %', idle, true],
    ['a graphics process at 0 %', idle.replace('<type>C<', '<type>G<'), false],
    ['compute and graphics at 0 %', idle.replace('<type>C<', '<type>C+G<'), true],
    ['nothing', collapsed(idle, 'processes', ''), false],
  ])('%s', (_, xml, busy) => {
    expect(gpuOf(xml).busy).toEqual(value(busy));
  });
  test('is not known where utilisation could not be read', () => {
    const unread = collapsed(edited(h100, 'utilization/gpu_util', 'Unknown Error'), 'processes', '');
    expect(gpuOf(unread).busy).toMatchObject({ ok: false, reason: 'failed' });
  });
});

describe('health', () => {
  test.each([
    ['temperature/gpu_temp', 'GPU is lost', 'lost'],
    ['temperature/gpu_temp', '[GPU requires reset]', 'requires-reset'],
    ['temperature/gpu_temp', 'Unknown Error', 'unknown-error'],
    ['gpu_power_readings/instant_power_draw', 'ERR!', 'unknown-error'],
    ['fb_memory_usage/used', 'Unknown Error', 'unknown-error'],
    ['fan_speed', 'Unknown Error', 'answering'],
    ['temperature/gpu_temp', 'N/A', 'answering'],
  ])('%s: %s', (path, text, health) => {
    expect(gpuOf(edited(h100, path, text)).health).toEqual(value(health));
    expect(gpuOf(edited(h100, path, text), 1).health).toEqual(value('answering'));
  });
  test('a lost GPU keeps its name; its rows are lost, not zero', () => {
    const gpu = gpuOf(collapsed(h100, 'remapped_rows', 'GPU is lost'));
    expect(gpu.health).toEqual(value('lost'));
    expect(gpu.ref.uuid).toBe('GPU-00000000-aaaa-bbbb-cccc-000000000000');
    for (const reading of [gpu.rows.correctable, gpu.rows.pending, gpu.rows.histogram]) {
      expect(reading).toMatchObject({ ok: false, reason: 'lost' });
    }
  });
});

describe('what is missing', () => {
  test.each([
    'temperature/gpu_temp',
    'clocks/sm_clock',
    'performance_state',
    'remapped_rows/remapped_row_pending',
    'ecc_errors/aggregate/sram_threshold_exceeded',
    'gpu_recovery_action',
    'fabric/health/summary',
    'fb_memory_usage/used',
  ])('%s of a driver that prints it is a failure', (path) => {
    const failed = JSON.stringify(gpuOf(edited(h100, path, undefined)));
    expect(failed).toContain(`${path}: missing from the output of driver 580.105.08, which prints it elsewhere`);
  });
  test.each(['remapped_rows', 'ecc_errors', 'temperature', 'fabric', 'processes', 'clocks_event_reasons'])(
    'the whole of %s, too',
    (name) => {
      const before = JSON.stringify(gpuOf(h100)).split('"reason":"failed"').length;
      expect(JSON.stringify(gpuOf(collapsed(h100, name, undefined))).split('"reason":"failed"').length).toBeGreaterThan(
        before,
      );
    },
  );
  test('the architecture tells which limits a GPU has that prints none', () => {
    const bare = collapsed(h100, 'temperature', '<gpu_temp>29 C</gpu_temp>');
    expect(gpuOf(bare).temperature).toMatchObject({
      slowdownMarginCelsius: { ok: false, reason: 'failed' },
      slowdownCelsius: { ok: false, reason: 'unsupported' },
    });
    for (const architecture of ['Ada Lovelace', 'Blackwell'])
      expect(gpuOf(edited(bare, 'product_architecture', architecture)).temperature.slowdownMarginCelsius).toMatchObject(
        {
          reason: 'failed',
        },
      );
    for (const architecture of ['Kepler', 'Maxwell', 'Pascal', 'Volta', 'Turing', 'Ampere', undefined]) {
      expect(gpuOf(edited(bare, 'product_architecture', architecture)).temperature).toMatchObject({
        slowdownMarginCelsius: { ok: false, reason: 'unsupported' },
        slowdownCelsius: { ok: false, reason: 'failed' },
      });
    }
  });
  test('where the driver does not say its version, that is said', () => {
    const nameless = h100.replace(/<driver_version>.*<\/driver_version>/, '');
    const reading = gpuOf(edited(nameless, 'fabric/state', undefined)).fabric.state;
    expect(reading.ok ? '' : reading.detail).toContain('the driver, whose version is not printed');
  });
  const ofDriver = (version: string, xml: string): string =>
    xml.replace('<driver_version>580.105.08<', `<driver_version>${version}<`);
  test.each([
    ['product_architecture', '515.105', '510.47', (xml: string) => gpuOf(xml).architecture],
    ['gsp_firmware_version', '470.74', '460.32', (xml: string) => gpuOf(xml).gspFirmwareVersion],
    ['gpu_recovery_action', '570.124', '565.57', (xml: string) => gpuOf(xml).recoveryAction],
    ['temperature/gpu_temp_tlimit', '525.125', '525.105', (xml: string) => gpuOf(xml).temperature.marginCelsius.signal],
  ])('%s is a failure from driver %s on, and was unknown to %s', (path, since, before, reading) => {
    const without = edited(h100, path, undefined);
    expect(reading(ofDriver(since, without))).toMatchObject({ ok: false, reason: 'failed' });
    expect(reading(ofDriver(before, without))).toMatchObject({ ok: false, reason: 'unsupported' });
  });
  test('of whichever driver, what is printed with another is a failure without it', () => {
    const without = edited(h100, 'mig_mode/current_mig', undefined);
    expect(gpuOf(ofDriver('460.32', without)).migEnabled).toMatchObject({ ok: false, reason: 'failed' });
  });
  test('nothing is a failure in a whole output', () => {
    for (const xml of [h100, v100, mig]) expect(JSON.stringify(gpusOf(answer(xml)))).not.toContain('"reason":"failed"');
  });
});

test('0 C of a vGPU guest is no temperature', () => {
  const cold = edited(h100, 'temperature/gpu_temp', '0 C');
  expect(gpuOf(cold).temperature.coreCelsius.signal).toEqual(value(0));
  const guest = edited(cold, 'gpu_virtualization_mode/virtualization_mode', 'VGPU');
  expect(gpuOf(guest).temperature.coreCelsius.signal).toMatchObject({ ok: false, reason: 'unsupported' });
});
