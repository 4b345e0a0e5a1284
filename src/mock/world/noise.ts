/** FNV-1a with murmur's finaliser: the last letters of a key must move all bits, or neighbouring GPUs wobble alike. */
export const hash32 = (text: string): number => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};

/** A number in [0, 1) that depends on the key alone. */
export const fraction = (key: string): number => hash32(key) / 2 ** 32;

/** Sensor noise within ±amplitude; a new value each second. */
export const wobble = (seed: string, sensor: string, atMs: number, amplitude: number): number =>
  (2 * fraction(`${seed}/${sensor}/${Math.floor(atMs / 1000)}`) - 1) * amplitude;

/** `8-4-4-4-12` hexadecimal digits, the version and variant bits of a random UUID. */
export const uuidOf = (key: string): string => {
  const hex = [0, 1, 2, 3].map((part) => hash32(`${key}#${part}`).toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
};
