/** The source of facts that the engine makes itself, from what it knows and not from a reading of the machine. */
export const OWN_SOURCE = 'muster';
