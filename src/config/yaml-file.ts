import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { configError } from '../errors.ts';
import { isPlain, type Plain } from './plain.ts';

const asData = (document: ReturnType<typeof parseDocument>, file: string): unknown => {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // Aliases of aliases: what a few lines stand for may not fit into memory.
    throw configError(`${file}:1:1: ${error instanceof Error ? error.message : String(error)}; write it out instead`);
  }
};

/** One YAML file as data, with a way to name the line and column of any path in it. */
export const parseYaml = (file: string, text: string): { data: Plain; at: (path: readonly string[]) => string } => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw configError(
      `${file}:${line}:${col}: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '')}; mend the YAML`,
    );
  }
  const data = asData(document, file);
  if (!isPlain(data))
    throw configError(
      `${file}:1:1: the file must hold keys and values, not a ${Array.isArray(data) ? 'list' : typeof data}`,
    );
  const at = (path: readonly string[]): string => {
    let node: unknown = document.contents;
    let position = 0;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => String((key as { value?: unknown }).value ?? key) === step);
        position = (pair?.key as Node | undefined)?.range?.[0] ?? position;
        node = pair?.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        position = (node as Node | undefined)?.range?.[0] ?? position;
      }
    }
    const { line, col } = lines.linePos(position);
    return `${file}:${line}:${col}`;
  };
  return { data, at };
};
