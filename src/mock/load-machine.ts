import { isMap, LineCounter, parseDocument } from 'yaml';
import type { MachineSpec } from './machine.ts';
import { resolveMachine } from './machines.ts';
import { bad, type Result } from './result.ts';

const oneLine = (text: string): string => text.split('\n')[0]?.trim() ?? '';

/**
 * A machine from a user's own YAML or JSON; `extends: hgx-h100-8` takes everything not said from a built-in one.
 * Errors are `file:line:column path: message`.
 */
export const loadMachine = (text: string, file: string): Result<MachineSpec> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const problem = document.errors[0];
  if (problem) return bad(`${at(problem.pos[0])}: ${oneLine(problem.message)}`);
  if (!isMap(document.contents)) return bad(`${file}:1:1: a machine is a mapping such as "extends: hgx-h100-8"`);

  const resolved = resolveMachine({ name: 'custom', ...(document.toJS() as Record<string, unknown>) });
  if (resolved.ok) return resolved;
  const path = resolved.error.slice(0, resolved.error.indexOf(':')).split('.');
  for (let depth = path.length; depth > 0; depth--) {
    const node = document.getIn(
      path.slice(0, depth).map((key) => (/^\d+$/.test(key) ? Number(key) : key)),
      true,
    );
    const range = typeof node === 'object' && node !== null && 'range' in node ? (node.range as number[] | null) : null;
    if (range?.[0] !== undefined) return bad(`${at(range[0])} ${resolved.error}`);
  }
  return bad(`${file}:1:1 ${resolved.error}`);
};
