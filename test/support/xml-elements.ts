/** A leaf element in the text of a document, so that it can be replaced where it stands. */
export interface XmlElement {
  /** Below `<gpu>` for those of a GPU, else below the root: `temperature/gpu_temp`. */
  readonly path: string;
  /** Position of its `<gpu>` in the document. */
  readonly gpu?: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Open {
  readonly name: string;
  readonly start: number;
  readonly textStart: number;
  isBranch: boolean;
}

const below = (names: readonly string[]): string => names.slice(names[1] === 'gpu' ? 2 : 1).join('/');

/** Every leaf of a document of `nvidia-smi -q -x`, without the list of supported clocks, which nobody reads. */
export const leafElements = (xml: string): readonly XmlElement[] => {
  const found: XmlElement[] = [];
  const open: Open[] = [];
  let gpu = -1;
  for (const match of xml.matchAll(/<(\/?)([A-Za-z_][\w.-]*)[^>]*>/g)) {
    const [tag, slash, name = ''] = match;
    const after = match.index + tag.length;
    if (slash === '') {
      const parent = open.at(-1);
      if (parent !== undefined) parent.isBranch = true;
      if (name === 'gpu') gpu += 1;
      open.push({ name, start: match.index, textStart: after, isBranch: false });
      continue;
    }
    const names = open.map((one) => one.name);
    const closed = open.pop();
    if (closed === undefined || closed.isBranch || names.includes('supported_clocks')) continue;
    found.push({
      path: below(names),
      ...(names[1] === 'gpu' ? { gpu } : {}),
      start: closed.start,
      end: after,
      text: xml.slice(closed.textStart, match.index).trim(),
    });
  }
  return found;
};

/** The document with the elements replaced: by another text, or (undefined) by nothing. */
export const withElements = (xml: string, elements: readonly XmlElement[], text: string | undefined): string => {
  let result = '';
  let from = 0;
  for (const { path, start, end } of [...elements].sort((a, b) => a.start - b.start)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    result += `${xml.slice(from, start)}${text === undefined ? '' : `<${name}>${text}</${name}>`}`;
    from = end;
  }
  return result + xml.slice(from);
};

/** The first `count` GPUs of a document. */
export const firstGpus = (xml: string, count: number): string => {
  const ends = [...xml.matchAll(/<\/gpu>/g)].map(({ index }) => index + '</gpu>'.length);
  const [cut, last] = [ends[count - 1], ends.at(-1)];
  if (cut === undefined || last === undefined) return xml;
  return (xml.slice(0, cut) + xml.slice(last)).replace(
    /<attached_gpus>\d+<\/attached_gpus>/,
    `<attached_gpus>${Math.min(count, ends.length)}</attached_gpus>`,
  );
};
