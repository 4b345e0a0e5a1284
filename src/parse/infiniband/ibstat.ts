import {
  absent,
  type CommandResult,
  counter,
  known,
  type NicPort,
  type Raw,
  type Reading,
  type S,
  signal,
} from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { firstLine } from '../first-line.ts';
import { decimal, unreadable, words } from '../quantity.ts';
import { guid, linkLayer, rateWhileUp } from './port.ts';

type Values = ReadonlyMap<string, string>;

interface Block {
  readonly device: string;
  readonly values: Map<string, string>;
  readonly ports: { readonly port: number; readonly values: Map<string, string> }[];
}

const CA = /^CA '([^']{1,64})'\s*$/;
const PORT = /^\s+Port (\d{1,3}):\s*$/;
const FIELD = /^\s+([A-Z][\w ]{1,40}?):\s*(.*)$/;

/** ibstat spells states its own way; the words of sysfs are the ones that the rest of the program knows. */
const STATES: Readonly<Record<string, string>> = {
  initializing: 'INIT',
  armed: 'ARMED',
  active: 'ACTIVE',
  down: 'DOWN',
};

const NOT_PRINTED = absent('unsupported', 'ibstat does not print it; /sys/class/infiniband would');

const blocksOf = (text: string): readonly Block[] => {
  const blocks: Block[] = [];
  let block: Block | undefined;
  for (const line of text.split('\n')) {
    const device = CA.exec(line)?.[1];
    if (device !== undefined) {
      block = { device, values: new Map(), ports: [] };
      blocks.push(block);
      continue;
    }
    // What other tools printed between the devices (host names of a parallel shell) is not indented.
    if (block === undefined || !/^\s/.test(line)) continue;
    const port = PORT.exec(line)?.[1];
    if (port !== undefined) {
      block.ports.push({ port: Number(port), values: new Map() });
      continue;
    }
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    if (name !== undefined) (block.ports.at(-1) ?? block).values.set(name, value);
  }
  return blocks;
};

const text = (values: Values, name: string): S => {
  const value = values.get(name);
  if (value === undefined) return absent('failed', `ibstat did not print ${JSON.stringify(name)}`);
  // rxe and other software devices have an empty type and firmware.
  return value.trim() === '' ? absent('unsupported', `ibstat printed an empty ${JSON.stringify(name)}`) : words(value);
};

const stateOf = (values: Values): S => {
  const state = text(values, 'State');
  if (!state.ok) return state;
  const key = state.value.toLowerCase();
  const word = Object.hasOwn(STATES, key) ? STATES[key] : undefined;
  return word === undefined ? unreadable(state.value, 'a port state') : known(word);
};

const readingOf = <T>(value: S, parse: (printed: string) => Reading<T>): Reading<T> =>
  value.ok ? (absenceOf(value.value) ?? parse(value.value)) : value;

const portOf = (device: string, ca: Values, port: number, values: Values): Raw<NicPort> => {
  const model = text(ca, 'CA type');
  const id = guid(values.get('Port GUID') ?? '') ?? guid(ca.get('Node GUID') ?? '');
  const state = stateOf(values);
  const none = counter(NOT_PRINTED);
  return {
    ref: {
      kind: 'nic',
      key: `nic:${device}/${port}`,
      device,
      port,
      ...(model.ok ? { model: model.value } : {}),
      ...(id === undefined ? {} : { guid: id }),
    },
    role: 'unknown',
    linkLayer: readingOf(text(values, 'Link layer'), linkLayer),
    state,
    physicalState: text(values, 'Physical state'),
    rateGbps: rateWhileUp(state, readingOf(text(values, 'Rate'), decimal)),
    firmwareVersion: text(ca, 'Firmware version'),
    boardId: NOT_PRINTED,
    netdev: NOT_PRINTED,
    numaNode: NOT_PRINTED,
    pcie: {
      generation: NOT_PRINTED,
      maxGeneration: NOT_PRINTED,
      width: NOT_PRINTED,
      maxWidth: NOT_PRINTED,
      replays: none,
      aer: { correctable: none, nonfatal: none, fatal: none },
    },
    chipCelsius: signal(NOT_PRINTED),
    chipCriticalCelsius: NOT_PRINTED,
    opticsCelsius: signal(NOT_PRINTED),
    opticsCriticalCelsius: NOT_PRINTED,
    pkeys: NOT_PRINTED,
    counters: {},
    carrierDowns: none,
  };
};

/** `ibpanic: [1234] main: stat of IB device 'mlx5_8' failed: Invalid argument` ends the list before that device. */
const FAILED = /stat of IB device '([^']{1,64})' failed(?:: ([^\n]{1,80}))?/;

const failedPort = (device: string, why: string): Raw<NicPort> => {
  const port = portOf(device, new Map(), 1, new Map());
  const failed = absent('failed', why);
  return {
    ...port,
    linkLayer: failed,
    state: failed,
    physicalState: failed,
    rateGbps: failed,
    firmwareVersion: failed,
  };
};

/** Every port that `ibstat` lists, InfiniBand and Ethernet; counters and PCIe are not among what it knows. */
export const readIbstat = ({ stdout, stderr, exitCode }: CommandResult): Reading<readonly Raw<NicPort>[]> => {
  const ports = blocksOf(stdout).flatMap(({ device, values, ports: own }) =>
    own.map(({ port, values: portValues }) => portOf(device, values, port, portValues)),
  );
  const [said, device] = FAILED.exec(stderr) ?? FAILED.exec(stdout) ?? [];
  if (said !== undefined && device !== undefined) return known([...ports, failedPort(device, `ibstat: ${said}`)]);
  if (ports.length > 0) return known(ports);
  const words = firstLine(stderr) ?? firstLine(stdout);
  // Without the InfiniBand subsystem ibstat prints nothing and calls it success.
  if (exitCode === 0 && words === undefined) return absent('no-device', 'ibstat lists no device');
  return absent('failed', `ibstat exited with ${exitCode}: ${words ?? 'no output'}`);
};
