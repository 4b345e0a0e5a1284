const KEY = Symbol.for('muster.stuckReads');
const shared = globalThis as { [KEY]?: Set<string> };

/**
 * Files whose read does not return, in the whole process: each verb is a bundle of its own, so that a variable of this
 * module would be several. A stuck read holds a thread of libuv's pool, which Node joins when it ends: `process.exit`
 * does not come back meanwhile (seen on Node 20 and 24, with a read of a FIFO).
 */
export const stuckReads: Set<string> = shared[KEY] ?? new Set();
shared[KEY] = stuckReads;
