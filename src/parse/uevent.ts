/** A value of a sysfs `uevent` file: lines of `PCI_SLOT_NAME=0000:1b:00.0`. */
export const ueventValue = (text: string, name: string): string | undefined => {
  const line = text.split('\n').find((entry) => entry.startsWith(`${name}=`));
  const value = line?.slice(name.length + 1).trim();
  return value === '' ? undefined : value;
};
