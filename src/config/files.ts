import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { configError } from '../errors.ts';

export const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw configError(
      `${file}: cannot be read (${(error as NodeJS.ErrnoException).code}); check the path and its permissions`,
    );
  }
};

/** The YAML files of a directory by name; none where there is no directory. */
export const filesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
};

/** The modules of the plugin directory, by name; none where there is no directory. */
export const modulesIn = (directory: string): string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => /^[^.].*\.m?js$/.test(name))
      .sort()
      .map((name) => join(directory, name));
  } catch (error) {
    // One that is there but cannot be read is a module that cannot be loaded: loading it says why.
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? [] : [directory];
  }
};

/** A file that is there but cannot be looked at counts: reading it then says why it cannot be used. */
export const exists = (file: string): boolean => {
  try {
    statSync(file);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
};
