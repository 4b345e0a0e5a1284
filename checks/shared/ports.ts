import {
  type Absent,
  absent,
  type Expected,
  type ExpectedNics,
  type Fact,
  type NicPort,
  type Profile,
} from '../../src/api.ts';
import { siblingsOf } from './siblings.ts';

/** Ports that carry the job's traffic; storage and management ports may be slower, and unused ones down. */
export const computePorts = (nics: readonly NicPort[]): readonly NicPort[] =>
  nics.filter(({ role }) => role === 'compute');

/** Compute ports of the same model and link layer: the ones that should look alike. */
export const alikePorts = (nics: readonly NicPort[], port: NicPort): readonly NicPort[] =>
  siblingsOf(port, computePorts(nics)).filter(
    ({ linkLayer }) => !linkLayer.ok || !port.linkLayer.ok || linkLayer.value === port.linkLayer.value,
  );

/** Ports of the same model, link layer and role, whatever the role: what one of them shows can be compared with the others. */
export const peersOf = (nics: readonly NicPort[], port: NicPort): readonly NicPort[] =>
  siblingsOf(port, nics).filter(
    ({ role, linkLayer }) =>
      role === port.role && linkLayer.ok && port.linkLayer.ok && linkLayer.value === port.linkLayer.value,
  );

/** The PCI device of a port; each port of a card, and each plane of a port, is a function of it. */
export const cardOf = ({ ref }: NicPort): string =>
  ref.pciBusId?.replace(/\.[0-9A-Fa-f]$/, '') ?? ref.device ?? ref.key;

/** Absences of a value that is there: the part was asked and did not answer. */
const UNANSWERED = ['timeout', 'hung', 'failed', 'denied', 'stale', 'lost'];

/** Ports that do not answer: what they are for is not known, so that they may be the compute ports that seem to lack. */
export const silentPorts = (nics: readonly NicPort[]): readonly NicPort[] =>
  nics.filter(({ role, state }) => role === 'unknown' && !state.ok && UNANSWERED.includes(state.reason));

/** Why nobody can tell whether a port is active and of this link layer; undefined where one can. */
export const unreadAs = ({ state, linkLayer }: NicPort, layer: 'infiniband' | 'ethernet'): Absent | undefined => {
  const isNot = (linkLayer.ok && linkLayer.value !== layer) || (state.ok && state.value !== 'ACTIVE');
  return isNot ? undefined : [state, linkLayer].find((reading): reading is Absent => !reading.ok);
};

export const isActive = ({ state }: NicPort): boolean => state.ok && state.value === 'ACTIVE';

const unsaid = absent('unsupported', 'no machine profile says how many NICs this machine has');

/** A number that the profile expects of the compute NICs. */
export const expectedOfCompute = (
  profile: Fact<Profile>,
  name: Exclude<keyof ExpectedNics, 'role'>,
): Expected<number> => {
  if (!profile.ok) return profile;
  const compute = profile.value.nics.find(({ role }) => role === 'compute');
  return profile.value.known && compute !== undefined ? compute[name] : unsaid;
};

/** NIC counts and rates differ between clouds: an assumed number of a profile never makes more than a warning. */
export const onlyAssumed = (expected: Expected<number>): boolean => !expected.ok || expected.confidence === 'assumed';
