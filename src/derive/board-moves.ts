import type { Component } from '../api.ts';

export interface BoardMoves {
  /** Where the board of each address of before is now; nowhere where another board has its place. By PCI address. */
  readonly addresses: ReadonlyMap<string, string | undefined>;
  /** Boards that are here no more. */
  readonly gone: readonly Component[];
}

/**
 * Who changed places while the node was off. A board is its UUID; one that does not answer now, and whose address no
 * other board has taken, has not moved.
 */
export const boardMoves = (before: readonly Component[], now: readonly Component[]): BoardMoves => {
  const addresses = new Map<string, string | undefined>();
  const gone: Component[] = [];
  for (const board of before) {
    const { uuid, pciBusId } = board;
    if (uuid === undefined || pciBusId === undefined) continue;
    const inItsPlace = now.find((one) => one.pciBusId === pciBusId)?.uuid;
    if (inItsPlace === undefined || inItsPlace === uuid) continue;
    const newAddress = now.find((one) => one.uuid === uuid)?.pciBusId;
    addresses.set(pciBusId, newAddress);
    if (newAddress === undefined) gone.push(board);
  }
  return { addresses, gone };
};
