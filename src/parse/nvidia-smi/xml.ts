import { SaxesParser } from 'saxes';

/**
 * One `<gpu>` as printed: every leaf by its full path below `<gpu>`, `temperature/gpu_temp`; MIG devices repeat the names
 * of their GPU (memory, ECC, BAR1), so a name alone would give their values for its own.
 */
export interface GpuElement {
  /** The `id` attribute. */
  readonly id: string;
  readonly leaves: ReadonlyMap<string, string>;
  /** Elements that hold elements, each closed. */
  readonly branches: ReadonlySet<string>;
  readonly processes: readonly ReadonlyMap<string, string>[];
  /** Why the element is not whole; what was complete before the damage is in `leaves`. */
  readonly damage?: string;
}

/** The document of `nvidia-smi -q -x`, whatever is left of it. */
export interface SmiDocument {
  /** Leaves beside the `<gpu>` elements: `driver_version`, `attached_gpus`, … */
  readonly root: ReadonlyMap<string, string>;
  readonly gpus: readonly GpuElement[];
  /** False where the output ended before `</nvidia_smi_log>`. */
  readonly complete: boolean;
  /** Text outside the `<gpu>` elements, where the tool prints warnings. A process name cannot forge a line of it. */
  readonly outside: string;
}

const ROOT_START = '<nvidia_smi_log';
const ROOT_END = '</nvidia_smi_log>';
const GPU_START = /<gpu[\s>]/g;
const GPU_END = '</gpu>';
const CLOCKS_START = '<supported_clocks>';
const CLOCKS_END = '</supported_clocks>';
const PROCESS = 'processes/process_info';

/** Half of a capture is this list of clocks, which nobody asks for: it is cut before the XML parser sees it. */
const withoutSupportedClocks = (text: string): string => {
  const start = text.indexOf(CLOCKS_START);
  if (start === -1) return text;
  const end = text.indexOf(CLOCKS_END, start);
  return end === -1 ? text.slice(0, start) : text.slice(0, start) + text.slice(end + CLOCKS_END.length);
};

interface Elements {
  id: string;
  readonly leaves: Map<string, string>;
  readonly branches: Set<string>;
  readonly processes: Map<string, string>[];
  damage: string | undefined;
}

/** Reads the elements inside `container`; after the first error in the XML nothing more is believed. */
const readElements = (xml: string, container: string): Elements => {
  const found: Elements = { id: '', leaves: new Map(), branches: new Set(), processes: [], damage: undefined };
  const open: { readonly path: string; branch: boolean }[] = [];
  let text = '';
  let process = new Map<string, string>();

  const store = (path: string, value: string): void => {
    if (path.startsWith(`${PROCESS}/`)) process.set(path.slice(PROCESS.length + 1), value);
    else if (!found.leaves.has(path)) found.leaves.set(path, value);
  };

  const parser = new SaxesParser<{ xmlns: false; fragment: true; position: false }>({
    xmlns: false,
    fragment: true,
    position: false,
  });
  parser.on('error', (error) => {
    found.damage ??= `malformed XML: ${error.message}`;
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (found.damage !== undefined) return;
    const parent = open.at(-1);
    if (parent) parent.branch = true;
    else if (name === container) found.id = attributes.id ?? '';
    const inside = parent === undefined || parent.path === '' ? '' : `${parent.path}/`;
    const path = parent === undefined && name === container ? '' : `${inside}${name}`;
    if (path === PROCESS) process = new Map();
    open.push({ path, branch: false });
    text = '';
  });
  parser.on('text', (chunk) => {
    text += chunk;
  });
  parser.on('closetag', () => {
    if (found.damage !== undefined) return;
    const element = open.pop();
    if (element === undefined) return;
    if (element.branch) found.branches.add(element.path);
    else store(element.path, text.trim());
    if (element.path === PROCESS) found.processes.push(process);
    text = '';
  });
  // Never closed: an element without its end is seen by what is missing, and closing would only report it again.
  parser.write(xml);
  return found;
};

const gpuElement = (span: string, whole: boolean): GpuElement => {
  const { id, leaves, branches, processes, damage } = readElements(withoutSupportedClocks(span), 'gpu');
  const why = damage ?? (whole ? undefined : 'output ended early');
  return { id, leaves, branches, processes, ...(why === undefined ? {} : { damage: why }) };
};

/**
 * Reads each `<gpu>` on its own, so that damage stays with the GPU that it is in. Undefined where there is no document
 * at all; warnings before and after it are no damage.
 */
export const readDocument = (stdout: string): SmiDocument | undefined => {
  const start = stdout.indexOf(ROOT_START);
  if (start === -1) return undefined;
  const closing = stdout.indexOf(ROOT_END, start);
  const end = closing === -1 ? stdout.length : closing;
  const body = stdout.slice(start, end);

  const starts = [...body.matchAll(GPU_START)].map((match) => match.index);
  const gpus: GpuElement[] = [];
  const beside: string[] = [body.slice(0, starts[0] ?? body.length)];
  for (const [position, from] of starts.entries()) {
    const next = starts[position + 1] ?? body.length;
    const close = body.indexOf(GPU_END, from);
    const whole = close !== -1 && close < next;
    const to = whole ? close + GPU_END.length : next;
    gpus.push(gpuElement(body.slice(from, to), whole));
    beside.push(body.slice(to, next));
  }
  const root = readElements(beside.join('\n'), 'nvidia_smi_log').leaves;
  const outside = [stdout.slice(0, start), ...beside, closing === -1 ? '' : stdout.slice(closing)].join('\n');
  return { root, gpus, complete: closing !== -1, outside };
};
