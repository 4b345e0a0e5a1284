import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes the names in a directory durable: a file that was synced can still lack its name after a power loss (fsync(2)). */
export const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // What file systems answer that know no sync of directories (fsync(2)); their names are as durable as they get.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await handle.close().catch(() => undefined);
  }
};

/** One level after the other: mkdir with `recursive` never returns below /proc (Node 20). */
export const makeDurableDirectory = async (directory: string): Promise<void> => {
  const parent = dirname(directory);
  const make = async (): Promise<void> => {
    await mkdir(directory);
    await syncDirectory(parent);
  };
  try {
    await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || parent === directory) throw error;
    await makeDurableDirectory(parent);
    await make();
  }
};
