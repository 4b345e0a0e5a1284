import { runInThisContext } from 'node:vm';

const KEY = Symbol.for('muster.limited');

/** `Error: text`, on one line. */
export const wordsOf = (error: unknown): string => {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : `threw ${String(error)}`;
  return words.replaceAll(/\s+/g, ' ').slice(0, 600);
};

/**
 * Runs a function of somebody else's and ends it after `limitMs`, even in an endless loop: V8 interrupts what a script
 * runs, and no timer of ours could (nodejs.org/api/vm.html, `timeout`).
 */
export const limited = <T>(act: () => T, limitMs: number): T => {
  const shared = globalThis as { [KEY]?: () => T };
  shared[KEY] = act;
  try {
    return runInThisContext("globalThis[Symbol.for('muster.limited')]()", { timeout: Math.max(1, limitMs) }) as T;
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new Error(`did not return within ${limitMs} ms`);
    throw error;
  } finally {
    delete shared[KEY];
  }
};
