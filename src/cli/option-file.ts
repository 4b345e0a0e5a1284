import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { configError } from '../errors.ts';

/** Far above any token; the certificates of all public authorities are a quarter of it (Mozilla CA list, PEM). */
const LARGEST = 2 ** 20;

const readUpTo = (descriptor: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, { offset: length, length: bytes - length });
    length += read;
    if (read === 0 || length === bytes) return buffer.subarray(0, length);
  }
};

/** What a file that an option names says, without the newline that editors end it with. A coded error where it is no file. */
export const readOptionFile = (option: string, file: string): string => {
  let opened: number | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO waits for a writer.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(opened).isFile()) throw configError(`${option} ${file}: is no regular file; name a file`);
    const bytes = readUpTo(opened, LARGEST + 1);
    if (bytes.length > LARGEST)
      throw configError(`${option} ${file}: is larger than ${LARGEST / 2 ** 20} MiB; name the right file`);
    return bytes.toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'MUSTER_CONFIG') throw error;
    throw configError(`${option} ${file}: cannot be read (${code}); check the path`);
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
};
