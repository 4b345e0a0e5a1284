import { absent, defineCheck, type NicPort, type S } from '../../src/api.ts';
import { judgeDrift, judgePin } from '../shared/drift.ts';
import { groupBy } from '../shared/groups.ts';
import { nameOf } from '../shared/names.ts';
import { pinOf } from '../shared/pins.ts';
import { condition, stay } from '../shared/rules.ts';

export default defineCheck({
  apiVersion: 1,
  id: 'firmware/nic-firmware-drift',
  title: 'NICs of one model and board carry different firmware',
  why: 'Link training, adaptive routing and congestion control live in the firmware: one NIC with another version can be the slow rail of a job.',
  source:
    'firmware is released by board id (PSID): network.nvidia.com/support/firmware/identification; real capture, H100 node: eight ConnectX-7 of one board id, one version',
  remedy:
    "Compare `grep . /sys/class/infiniband/*/{hca_type,board_id,fw_ver}`; update the odd one with `mlxfwmanager -d <device> -u` or the vendor's bundle, then `mlxfwreset -d <device> reset` or a cold reboot.",
  contexts: ['continuous', 'prejob', 'deep'],
  requires: ['nics'],
  uses: ['profile'],
  rules: {
    'differs-from-siblings': condition(
      'WARNING',
      'NIC firmware differs from the other NICs of the board id',
      stay('service'),
    ),
    'differs-from-pin': condition(
      'WARNING',
      'NIC firmware is not the version that the site pinned',
      stay('service'),
      'where a NIC firmware version is pinned',
    ),
  },
  judge: ({ nics, profile }, { node }) => {
    const devices = firstPortOfEachDevice(nics);
    return [
      ...judgeDrift(
        devices.map((nic) => ({
          ref: nic.ref,
          group: nic.boardId.ok ? `${nic.ref.model} ${nic.boardId.value}` : `${nic.ref.model}`,
          version: comparableVersion(nic),
        })),
        { code: 'differs-from-siblings', what: 'firmware', node },
      ),
      // A pin speaks of the NICs of the job's fabric; a management NIC has firmware of its own.
      ...judgePin(
        devices
          .filter(({ role }) => role === 'compute')
          .map(({ ref, firmwareVersion }) => ({ ref, version: firmwareVersion })),
        pinOf(profile, 'nic-firmware'),
        { code: 'differs-from-pin', what: 'firmware' },
      ),
    ];
  },
});

/** Two ports of a device share its firmware: one finding, not two. */
const firstPortOfEachDevice = (nics: readonly NicPort[]): readonly NicPort[] =>
  [...groupBy(nics, ({ ref }) => ref.device ?? ref.key).values()].flatMap((ports) => ports.slice(0, 1));

/** Boards of one chip legitimately run different firmware, so without model and board id nothing can be compared. */
const comparableVersion = ({ ref, boardId, firmwareVersion }: NicPort): S => {
  if (!boardId.ok) return boardId;
  if (ref.model === undefined) return absent('failed', `the model of ${nameOf(ref)} is not known`);
  return firmwareVersion;
};
