import { describe, expect, it } from 'vitest';
import { absent, known } from '../../src/api.ts';
import { isVirtualMachine } from '../../src/parse/hypervisor.ts';

const x86 = (...flags: readonly string[]): string =>
  `processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu ${flags.join(' ')}\n`;
const ARM = 'processor\t: 0\nBogoMIPS\t: 2000.00\nCPU implementer\t: 0x41\n';
const none = absent('unsupported', 'ENOENT');

describe('a virtual machine', () => {
  it('is told by the processor, whatever the firmware is called', () => {
    expect(isVirtualMachine(x86('hypervisor', 'lahf_lm'), known('Supermicro'), none)).toEqual(known(true));
    expect(isVirtualMachine(x86('lahf_lm'), known('QEMU'), none)).toEqual(known(false));
    expect(isVirtualMachine(x86('nohypervisor'), none, none)).toEqual(known(false));
  });

  it.each([
    ['QEMU', 'Virtual Machine', true],
    ['Amazon EC2', 'u-p6e-gb200x72', true],
    ['Amazon EC2', 'p6e-gb200.metal', false],
    ['NVIDIA', 'GB200 NVL', false],
  ])('on Arm by the firmware: %s %s', (vendor, product, virtual) => {
    expect(isVirtualMachine(ARM, known(vendor), known(product))).toEqual(known(virtual));
  });

  it.each(['denied', 'timeout'] as const)('on Arm is left open where the name is %s', (reason) => {
    const unread = absent(reason, 'EACCES');
    expect(isVirtualMachine(ARM, unread, known('GB200 NVL'))).toEqual(unread);
    expect(isVirtualMachine(ARM, known('Amazon EC2'), unread)).toEqual(unread);
    expect(isVirtualMachine(ARM, known('NVIDIA'), unread)).toEqual(known(false));
  });

  it('on Arm without a name is none', () => {
    expect(isVirtualMachine(ARM, none, none)).toEqual(known(false));
  });

  it('is not told by what is no table of processors', () => {
    for (const text of ['', 'Permission denied', '\u0000'])
      expect(isVirtualMachine(text, known('QEMU'), none)).toMatchObject({ ok: false, reason: 'failed' });
  });
});
