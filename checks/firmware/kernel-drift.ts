import { defineCheck } from '../../src/api.ts';
import { judgePin } from '../shared/drift.ts';
import { pinOf } from '../shared/pins.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'firmware/kernel-drift',
  title: 'Kernel or BIOS is not the version that the site pinned',
  why: 'One node with another kernel or BIOS has other drivers, scheduler, PCIe and memory settings than the rest of the job: the classic odd node after a half-done maintenance.',
  source:
    'the versions that the site pins; docs.kernel.org, admin-guide/sysctl/kernel (osrelease) and ABI/testing/sysfs-firmware-dmi-tables (SMBIOS type 0)',
  remedy:
    'Compare `uname -r` with what is installed (`ls /lib/modules`) and what the boot loader starts (`grubby --default-kernel`, ' +
    '`grub-editenv list`), and reboot into the pinned one; ' +
    "update the BIOS (`cat /sys/class/dmi/id/bios_version`) with the vendor's tool.",
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['hostVersions'],
  uses: ['profile'],
  rules: {
    'kernel-differs-from-pin': condition(
      'WARNING',
      'The kernel that runs is not the version that the site pinned',
      stay('reboot'),
      'where a kernel version is pinned',
    ),
    'bios-differs-from-pin': condition(
      'WARNING',
      'The BIOS is not the version that the site pinned',
      stay('service'),
      'where a BIOS version is pinned',
    ),
  },
  judge: ({ hostVersions: { ref, kernel, bios }, profile }) => [
    ...judgePin([{ ref, version: kernel }], pinOf(profile, 'kernel'), {
      code: 'kernel-differs-from-pin',
      what: 'kernel',
    }),
    ...judgePin([{ ref, version: bios }], pinOf(profile, 'bios'), { code: 'bios-differs-from-pin', what: 'BIOS' }),
  ],
});
