import { absent, type CommandResult, counter, known, type Raw, type Reading, type S, type Service } from '../api.ts';
import { integer, words } from './quantity.ts';

/** What is asked of each unit; systemctl prints them in an order of its own. */
export const PROPERTIES = [
  'Id',
  'Names',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'Result',
  'NRestarts',
] as const;

type Units = Readonly<Record<string, Raw<Service>>>;

// Names are of 255 characters at most (systemd, UNIT_NAME_MAX): what is longer is no name.
const UNIT_NAME = /^[^\s=]{1,250}\.service$/;

const said = (property: string, text: string | undefined): S =>
  text === undefined || text === ''
    ? absent('unsupported', `systemd says nothing as ${property} of the unit`)
    : words(text);

const unitOf = (block: string): readonly (readonly [string, Raw<Service>])[] => {
  const properties = new Map(
    block.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value.trim()]];
    }),
  );
  const [loadState, activeState, subState] = ['LoadState', 'ActiveState', 'SubState'].map((name) =>
    properties.get(name),
  );
  if (!loadState || !activeState || !subState) return [];
  const service: Raw<Service> = {
    loadState,
    activeState,
    subState,
    unitFileState: said('UnitFileState', properties.get('UnitFileState')),
    result: said('Result', properties.get('Result')),
    restarts: counter(integer(properties.get('NRestarts') ?? '')),
  };
  const names = [properties.get('Id') ?? '', ...(properties.get('Names') ?? '').split(' ')];
  return [...new Set(names)].filter((name) => UNIT_NAME.test(name)).map((name) => [name, service] as const);
};

// systemctl 252, in a container, in a chroot, without a bus, and refused: all but the last mean that there is no systemd.
const NO_SYSTEMD =
  /not been booted with systemd|Running in chroot|Host is down|No such file or directory|No medium found/;
const DENIED = /[Pp]ermission denied|Access denied/;

/** `systemctl show` of services: by each of their names. */
export const readServices = ({ exitCode, stdout, stderr }: CommandResult): Reading<Units> => {
  const units = stdout.split(/\n\s*\n/).flatMap(unitOf);
  if (units.length > 0) return known(Object.fromEntries(units));
  const complaint = (stderr.trim() || stdout.trim()).replaceAll('\n', ' ').slice(0, 200);
  if (NO_SYSTEMD.test(complaint)) return absent('unsupported', `systemd does not run here: ${complaint}`);
  if (DENIED.test(complaint)) return absent('denied', `systemctl: ${complaint}`);
  return absent('failed', `systemctl exited with ${exitCode} and showed no service${complaint && `: ${complaint}`}`);
};
