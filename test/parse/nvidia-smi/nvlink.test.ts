import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absent, type CommandResult, type GpuNvLinks, known, type Raw } from '../../../src/api.ts';
import { readNvLinks } from '../../../src/parse/nvidia-smi/nvlink.ts';

const run = (stdout: string, exitCode = 0): CommandResult => ({ exitCode, stdout, stderr: '' });
const read = (status: string, errors = ''): readonly Raw<GpuNvLinks>[] => {
  const links = readNvLinks(run(status), known(run(errors)));
  if (!links.ok) throw new Error(links.detail);
  return links.value;
};
const linksOf = (gpu: Raw<GpuNvLinks> | undefined) => (gpu?.links.ok ? gpu.links.value : undefined);

const GPU0 = 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-00000000-aaaa-bbbb-cccc-000000000000)';
const status = `${GPU0}\n\t Link 0: 26.562 GB/s\n\t Link 1: <inactive>\nGPU 3: NVIDIA GB300\n\t Link 0: 53.125 GB/s\n`;
const errors = [
  'GPU 3: NVIDIA GB300',
  '\t Link 0: Malformed packet Errors: 1',
  '\t Link 0: Link recovery failed events: 2',
  '\t Link 0: FEC Errors - 3: 175',
  '\t Link 0: Effective BER: 15e-255',
  GPU0,
  '\t Link 0: Replay Errors: 12',
  '\t Link 0: Recovery Errors: 65535',
  '\t Link 0: CRC Flit Errors: N/A',
  '',
].join('\n');

describe('nvidia-smi nvlink', () => {
  test('links by GPU, up or inactive, with their errors by kind', () => {
    const [h100, gb300] = read(status, errors);
    expect(h100?.ref).toMatchObject({ index: 0, uuid: 'GPU-00000000-aaaa-bbbb-cccc-000000000000' });
    expect(gb300?.ref).toEqual({ kind: 'gpu', key: 'gpu:#3', index: 3, model: 'NVIDIA GB300' });
    expect(linksOf(h100)).toMatchObject([
      { link: 0, up: true, rateGBps: { ok: true, value: 26.562 } },
      { link: 1, up: false, rateGBps: { ok: false, reason: 'unsupported' } },
    ]);
    expect(linksOf(gb300)?.[0]?.errors).toEqual({
      malformed_packet: { counter: known(1) },
      link_recovery_failed_events: { counter: known(2) },
      fec_3: { counter: known(175) },
    });
  });

  test('a saturated counter has no total', () => {
    const counters = linksOf(read(status, errors)[0])?.[0]?.errors;
    expect(counters?.replay).toEqual({ counter: known(12) });
    expect(counters?.recovery?.counter).toMatchObject({ ok: false, reason: 'unsupported' });
    expect(counters?.crc_flit?.counter).toMatchObject({ ok: false, reason: 'unsupported' });
  });

  test.each([
    ['failed', readNvLinks(run(status), absent('timeout', 'no answer')), 'timeout'],
    ['printed nothing', readNvLinks(run(status), known(run(''))), 'failed'],
    ['does not know the link', readNvLinks(run(status), known(run(`${GPU0}\n`))), 'failed'],
  ])('where -e %s only the errors are absent', (_, links, reason) => {
    const first = links.ok ? linksOf(links.value[0])?.[0] : undefined;
    expect(first?.rateGBps).toEqual(known(26.562));
    expect(first?.errors.replay?.counter).toMatchObject({ ok: false, reason });
    expect(first?.errors.crc?.counter.ok).toBe(false);
  });

  test.each([
    ['NVML: Unable to retrieve NVLink information as all links are inactive', known([])],
    ['NVML: Unable to retrieve Nvlink information as all links are inActive', known([])],
    ['Device does not have or support Nvlink', { ok: false, reason: 'unsupported' }],
    ['Nvlink queries are not supported for Devices in MIG mode', { ok: false, reason: 'unsupported' }],
    ['Unable to retrieve: GPU is lost', { ok: false, reason: 'lost' }],
    ['', { ok: false, reason: 'failed' }],
    ['\t Link 0: 26.5', { ok: false, reason: 'failed' }],
    ['\t Link 0: N/A', { ok: false, reason: 'failed' }],
    ['\t Link 0: 26.562 GB/s\n\t Lin', { ok: false, reason: 'failed' }],
  ])('%j', (text, links) => {
    expect(read(`${GPU0}\n${text}\n`)[0]?.links).toMatchObject(links);
  });

  test('a warning after the output is about no link', () => {
    expect(linksOf(read(`${status}WARNING: infoROM is corrupted at gpu 0000:5C:00.0\n`)[1])).toHaveLength(1);
  });

  test('nothing at all is a list of no GPU; a failure is no list', () => {
    expect(readNvLinks(run(''), known(run('')))).toEqual(known([]));
    expect(readNvLinks(run(' \n\n'), absent('timeout', 'no answer'))).toEqual(known([]));
    expect(readNvLinks({ ...run(''), stderr: 'Segmentation fault' }, known(run('')))).toMatchObject({
      reason: 'failed',
    });
    expect(readNvLinks(run('', 9), known(run('')))).toMatchObject({ ok: false, reason: 'failed' });
    expect(readNvLinks(run('No devices were found', 6), known(run('')))).toMatchObject({ reason: 'no-device' });
  });

  // A tool that does not know the call, or prints another answer in its place, says nothing of the links.
  test.each([
    ['<?xml version="1.0" ?>\n<nvidia_smi_log>', 0, 'unsupported'],
    ['\n <?xml version="1.0" ?>', 0, 'unsupported'],
    ['<?xml version="1.0" ?>', 9, 'failed'],
    ['see <?xml version="1.0" ?>', 0, 'failed'],
    ['Invalid combination of input arguments.', 2, 'unsupported'],
    ['Usage: what', 1, 'unsupported'],
    ['Usage: what', 3, 'unsupported'],
    ['Usage: what', 13, 'unsupported'],
    ['Usage: what', 126, 'unsupported'],
    ['Usage: what', 127, 'unsupported'],
    ['Usage: what', 8, 'failed'],
    ['Failed to initialize NVML: Driver/library version mismatch', 1, 'failed'],
    ['Unknown Error', 1, 'failed'],
  ])('that prints %j and exits with %i is %s', (stdout, exitCode, reason) => {
    expect(readNvLinks(run(stdout, exitCode), known(run('')))).toMatchObject({ ok: false, reason });
  });

  test('no text throws', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(status.length), fc.nat(errors.length), (text, a, b) => {
        readNvLinks(run(text), known(run(text)));
        readNvLinks(run(status.slice(0, a) + text), known(run(errors.slice(0, b) + text)));
      }),
    );
  });
});
