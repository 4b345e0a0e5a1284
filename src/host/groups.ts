import { readFileSync } from 'node:fs';

/** Name, password, number and members, as group(5) has them; throws where the file cannot be read. */
const groups = (): readonly (readonly string[])[] =>
  readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));

/** The number of a group; nothing where there is none of this name. */
export const groupId = (name: string): number | undefined => {
  const gid = groups().find(([known]) => known === name)?.[2];
  return gid !== undefined && /^[0-9]+$/.test(gid) ? Number(gid) : undefined;
};

/** The name of a group; nothing where it has none here. */
export const groupName = (gid: number): string | undefined => groups().find(([, , id]) => id === String(gid))?.[0];
