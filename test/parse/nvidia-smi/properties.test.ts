import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIELDS } from '../../../src/parse/nvidia-smi/fields.ts';
import { answer, collapsed, fixture, gpuOf, leavesIn, readings, withoutLeaf, withText } from './support.ts';

const h100 = fixture('h100-580.xml');
const FIXTURES = { 'h100-580.xml': h100, 'v100-470.xml': fixture('v100-470.xml') };
const ABSENCES: readonly (readonly [string, string])[] = [
  ['N/A', 'unsupported'],
  ['[Not Supported]', 'unsupported'],
  ['Requested functionality has been deprecated', 'deprecated'],
  ['Insufficient Permissions', 'denied'],
  ['GPU is lost', 'lost'],
  ['Unknown Error', 'failed'],
  ['surely not a value', 'failed'],
];
/** Said of the GPU as a whole, so that a leaf may change them. */
const WHOLE = new Set(['health', 'busy', 'processes']);
/** Another spelling of the same quantity stands in for it. */
const SUBSTITUTED = new Set(['gpu_power_readings/instant_power_draw', 'ecc_errors/volatile/single_bit/device_memory']);
const TEXTS = new Set(['surely not a value']);

const changed = (before: ReturnType<typeof readings>, after: ReturnType<typeof readings>) =>
  [...after].filter(([path, reading]) => JSON.stringify(before.get(path)) !== JSON.stringify(reading));

describe.each(Object.entries(FIXTURES))('every leaf of %s', (name, xml) => {
  const before = readings(gpuOf(xml));

  test.each(ABSENCES)('as "%s" is never a value, and nothing else changes', (text, reason) => {
    for (const leaf of leavesIn(xml)) {
      const substituted = SUBSTITUTED.has(leaf.path) || leaf.path.includes('_bit/');
      for (const [path, reading] of changed(before, readings(gpuOf(withText(xml, leaf, text))))) {
        if (WHOLE.has(path) || substituted) continue;
        // A field of free text has no wrong shape.
        if (TEXTS.has(text) && reading.ok) expect(reading.value, `${path} by ${leaf.path}`).toMatch(/surely/i);
        else expect(reading, `${path} by ${leaf.path} in ${name}`).toMatchObject({ ok: false, reason });
      }
    }
  });

  test('removed is never a value', () => {
    for (const leaf of leavesIn(xml)) {
      if (SUBSTITUTED.has(leaf.path) || leaf.path.includes('_bit/')) continue;
      for (const [path, reading] of changed(before, readings(gpuOf(withoutLeaf(xml, leaf))))) {
        if (!WHOLE.has(path)) expect(reading.ok, `${path} without ${leaf.path}`).toBe(false);
      }
    }
  });
});

test('each element of the field table that an H100 prints is missed when it is gone', () => {
  const before = readings(gpuOf(h100));
  for (const leaf of leavesIn(h100)) {
    const inRef = ['uuid', 'serial', 'pci/pci_bus_id'].includes(leaf.path);
    if (!(leaf.path in FIELDS) || inRef || SUBSTITUTED.has(leaf.path)) continue;
    const after = changed(before, readings(gpuOf(withoutLeaf(h100, leaf))));
    if (after.length === 0) throw new Error(`nothing noticed that ${leaf.path} is missing`);
    expect(
      after.some(([, reading]) => reading.reason === 'failed'),
      leaf.path,
    ).toBe(true);
  }
});

/**
 * Of these it is not told by the table of fields that a driver which does not print them should; `remapped_rows` is a
 * word in the place of what came with later drivers. A process without a name is a process all the same.
 */
const UNTOLD = new Set([
  'remapped_rows',
  'applications_clocks/graphics_clock',
  'default_applications_clocks/graphics_clock',
]);
const isFollowed = (path: string): boolean =>
  !UNTOLD.has(path) && !SUBSTITUTED.has(path) && !path.startsWith('processes/') && !path.includes('_bit/');

test.each(Object.entries(FIXTURES))('whatever is read of %s is a failure when it is gone', (_, xml) => {
  const before = readings(gpuOf(xml));
  for (const leaf of leavesIn(xml).filter(({ path }) => isFollowed(path)))
    for (const [path, reading] of changed(before, readings(gpuOf(withoutLeaf(xml, leaf)))))
      expect(reading, `${path} without ${leaf.path}`).toMatchObject({ ok: false, reason: 'failed' });
});

test.each([
  'pci',
  'clocks',
  'max_clocks',
  'fb_memory_usage',
  'gpu_power_readings',
  'temperature',
  'utilization',
  'clocks_event_reasons',
  'clocks_event_reasons_counters',
  'remapped_rows',
  'retired_pages',
  'fabric',
  'platformInfo',
  'inforom_version',
  'ecc_mode',
])('all that is read of an H100 in <%s> is a failure when the whole is gone', (section) => {
  const after = changed(readings(gpuOf(h100)), readings(gpuOf(collapsed(h100, section, undefined))));
  expect(after).not.toEqual([]);
  for (const [path, reading] of after) expect(reading, path).toMatchObject({ ok: false, reason: 'failed' });
});

test('output cut anywhere: what was whole is kept, what was not is absent, no GPU vanishes unsaid', () => {
  const whole = [0, 1].map((position) => readings(gpuOf(h100, position)));
  fc.assert(
    fc.property(fc.nat(h100.length - 1), (length) => {
      const { gpus, driver } = answer(h100.slice(0, length));
      if (!gpus.ok) {
        expect(gpus.reason).toBe('failed');
        return;
      }
      if (driver.ok && driver.value.attachedGpus.ok) expect(gpus.value).toHaveLength(2);
      for (const [position, gpu] of gpus.value.entries()) {
        for (const [path, reading] of readings(gpu)) {
          if (path === 'inforomCorrupted' || path === 'power.drawWatts.signal') continue;
          if (reading.ok) expect(reading, path).toEqual(whole[position]?.get(path));
          else if (whole[position]?.get(path)?.ok) expect(reading.reason, path).toBe('failed');
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('arbitrary text, and arbitrary damage, never throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, code) => void answer(text, code, text)));
  fc.assert(
    fc.property(fc.nat(h100.length), fc.nat(200), fc.string({ unit: 'binary' }), (at, drop, text) => {
      const { gpus } = answer(h100.slice(0, at) + text + h100.slice(at + drop));
      expect(typeof gpus.ok).toBe('boolean');
    }),
  );
});

test('a process without its type leaves open whether the GPU is at work', () => {
  const mig = fixture('a100-mig-515.xml');
  const gpu = gpuOf(mig.replace('<type>C</type>', ''));
  expect(gpuOf(mig).busy).toEqual({ ok: true, value: true });
  expect(gpu.busy).toMatchObject({ ok: false, reason: 'failed', detail: 'processes/process_info/type: missing' });
});
