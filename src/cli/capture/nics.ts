import { known, type NicPort, type NicRole, type Profile } from '../../api.ts';
import type { FactMap } from '../../engine/snapshot.ts';
import { bestOf, type Entry, type Shown, type Warn } from './entry.ts';

/** Ports without a link have no role that a machine could be held to. */
const ROLES: readonly NicRole[] = ['compute', 'storage', 'management'];

/** The NICs of one role. */
export interface NicEntries {
  readonly role: NicRole;
  readonly entries: readonly Entry[];
}

const shownBy =
  (ports: readonly NicPort[]) =>
  (of: (port: NicPort) => Shown['reading']): readonly Shown[] =>
    ports.map((port) => ({ who: port.ref.device ?? port.ref.key, reading: of(port) }));

/** What the machine shows of its RDMA devices, by what they are for. */
export const nicEntries = ({ nics }: FactMap, profile: Profile, warn: Warn): readonly NicEntries[] => {
  if (nics?.ok !== true) return [];
  return ROLES.flatMap((role) => {
    const ports = nics.value.filter((port) => port.role === role);
    if (ports.length === 0) return [];
    const devices = new Set(ports.map(({ ref }) => ref.device ?? ref.key));
    const said = profile.nics.find((other) => other.role === role);
    const each = shownBy(ports);
    const active = shownBy(ports.filter(({ state }) => state.ok && state.value === 'ACTIVE'));
    const about: Warn = (text) => warn(`${role} NICs: ${text}`);
    const entries = [
      bestOf('count', [{ who: 'the machine', reading: known(devices.size) }], about, {
        ...(said && { expected: said.count }),
        strict: true,
      }),
      // A port that is down prints a rate that is none.
      bestOf(
        'rate_gbps',
        active(({ rateGbps }) => rateGbps),
        about,
        { ...(said && { expected: said.rateGbps }), strict: true },
      ),
      bestOf(
        'pcie_generation',
        each(({ pcie }) => pcie.maxGeneration),
        about,
        {
          ...(said && { expected: said.pcieGeneration }),
          strict: true,
        },
      ),
      bestOf(
        'pcie_width',
        each(({ pcie }) => pcie.width),
        about,
        { ...(said && { expected: said.pcieWidth }), strict: true },
      ),
    ];
    return [{ role, entries }];
  });
};
