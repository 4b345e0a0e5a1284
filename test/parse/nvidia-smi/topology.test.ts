import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTopology } from '../../../src/parse/nvidia-smi/topology.ts';

const ESC = String.fromCharCode(27);
const run = (stdout: string) => ({ exitCode: 0, stdout, stderr: '' });
const rails = (stdout: string): string[] => {
  const read = readTopology(run(stdout));
  if (!read.ok) throw new Error(read.detail);
  return read.value.map(({ gpu, nic, path }) => `${gpu.index} ${nic.device} ${path}`);
};

const matrix = [
  `\t${ESC}[4mGPU0\tGPU1\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID${ESC}[0m`,
  'GPU1\tNV18\t X \tSYS\tPIX\tN/A\tN/A\t\tN/A',
  'GPU0\t X \tNV18\tPIX\tSYS\t0-55\t0\t\tN/A',
  'NIC0\tPIX\tSYS\t X \tSYS\t\t\t\t',
  'NIC1\tSYS\tPIX\tSYS\t X \t\t\t\t',
  '',
  'Legend:',
  '  X    = Self',
  '  PIX  = Connection traversing at most a single PCIe bridge',
  'NIC Legend:',
  '  NIC0: mlx5_0',
  '  NIC1: mlx5_bond_0',
  '',
].join('\n');
const expected = ['1 mlx5_0 SYS', '1 mlx5_bond_0 PIX', '0 mlx5_0 PIX', '0 mlx5_bond_0 SYS'];

describe('nvidia-smi topo -m', () => {
  test('escapes, rows out of order, legend, an affinity of N/A', () => {
    expect(rails(matrix)).toEqual(expected);
    expect(rails(matrix.replaceAll('\n', '\r\n'))).toEqual(expected);
    expect(rails(`Note: GPU0 is special\n${matrix}`)).toEqual(expected);
  });
  test('a wrapped header', () => {
    expect(rails(matrix.replace('GPU0\tGPU1', 'GPU0\nGPU1'))).toEqual(expected);
  });
  test('device names as columns, and a NIC that the legend lacks', () => {
    expect(rails(matrix.replace('NIC0\tNIC1\tCPU', 'mlx5_4\tNIC1\tCPU').replace('  NIC1: mlx5_bond_0\n', ''))).toEqual([
      '1 mlx5_4 SYS',
      '1 NIC1 PIX',
      '0 mlx5_4 PIX',
      '0 NIC1 SYS',
    ]);
  });
  test('joined labels are parted where the cells say so, else left out', () => {
    expect(rails(matrix.replace('NIC0\tNIC1\tCPU', 'NIC0NIC1\tCPU'))).toEqual(expected);
    const narrow = '\tGPU0\tNIC0\tNIC1NIC2\tNIC3\nGPU0\t X \tPIX\tSYS\tNODE\n';
    expect(rails(narrow)).toEqual(['0 NIC0 PIX', '0 NIC3 NODE']);
  });
  test('a copy that lost its tabs', () => {
    expect(rails(matrix.replaceAll('\t', '    '))).toEqual(expected);
  });
  test('of more than ten GPUs', () => {
    const wide = '\tGPU9\tGPU10\tNIC0\nGPU9\t X \tNV18\tPIX\nGPU10\tNV18\t X \tSYS\n';
    expect(rails(wide)).toEqual(['9 NIC0 PIX', '10 NIC0 SYS']);
  });
  test('no NICs are no rails', () => {
    expect(rails('\tGPU0\tCPU Affinity\nGPU0\t X \t0-7\n')).toEqual([]);
  });
  test.each([
    ['', 'failed'],
    ['No devices were found\n', 'no-device'],
    ['\tGPU0\tGPU1\tNIC0\nGPU0\t X \tNV18\tPIX\n', 'failed'],
    ['\tGPU0\tNIC0\tNIC1\nGPU0\t X \tPIX\n', 'failed'],
  ])('%j is not a matrix', (text, reason) => {
    expect(readTopology(run(text))).toMatchObject({ ok: false, reason });
  });
  test('cut anywhere it invents no rail, and no text throws', () => {
    fc.assert(
      fc.property(fc.nat(matrix.indexOf('NIC Legend')), fc.string(), (length, text) => {
        readTopology(run(text));
        const read = readTopology(run(matrix.slice(0, length)));
        if (read.ok) expect(read.value).toHaveLength(4);
      }),
    );
  });
});
