import { absent, type Host, known, type Reading, type S } from '../api.ts';
import { parsed } from '../parse/reading.ts';

/** A directory of /sys, read file by file. */
export interface Directory {
  readonly path: string;
  read(name: string): Promise<S>;
  /** A file through its parser. */
  leaf<T>(name: string, parse: (text: string) => Reading<T>): Promise<Reading<T>>;
  list(name?: string): Promise<Reading<readonly string[]>>;
  below(name: string): Directory;
}

// The device is there; a file that is not is something that this kernel, driver or device does not have.
const notOffered = <T>(reading: Reading<T>): Reading<T> =>
  !reading.ok && reading.reason === 'no-device' ? absent('unsupported', reading.detail) : reading;

/** The directory of a device that exists. */
export const directory = (host: Host, path: string): Directory => ({
  path,
  read: async (name) => notOffered(await host.read(`${path}/${name}`)),
  leaf: async (name, parse) => parsed(notOffered(await host.read(`${path}/${name}`)), parse),
  list: async (name) => notOffered(await host.list(name === undefined ? path : `${path}/${name}`)),
  below: (name) => directory(host, `${path}/${name}`),
});

/** Text without its final newline. */
export const line = (text: string): S => {
  const printed = text.trim();
  return printed === '' ? absent('unsupported', 'empty') : known(printed);
};
