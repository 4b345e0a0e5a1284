import { dirname, normalize } from 'node:path/posix';
import type { MachineTree } from '../../src/host/tree.ts';

interface Archive {
  readonly files: ReadonlyMap<string, string>;
  readonly links: ReadonlyMap<string, string>;
}

const readArchive = (text: string): Archive => {
  const files = new Map<string, string>();
  const links = new Map<string, string>();
  const lines = text.split('\n');
  let path = '';
  for (let i = 0; i < lines.length; i += 1) {
    const [, name, value = ''] = /^(Path|Lines|SymlinkTo): (.*)$/.exec(lines[i] ?? '') ?? [];
    if (name === 'Path') path = value;
    if (name === 'SymlinkTo') links.set(path, normalize(`${dirname(path)}/${value}`));
    if (name === 'Lines') {
      const body = lines.slice(i + 1, i + 1 + Number(value)).map((line) => `${line}\n`);
      // A text that does not end with a newline is marked so.
      files.set(path, body.join('').replace(/EOF\n$/, ''));
      i += Number(value);
    }
  }
  return { files, links };
};

/** A `.ttar` archive of Prometheus (github.com/ideaship/ttar) with its directory links followed, so that files have each of their paths. */
export const readTtar = (text: string): MachineTree => {
  const { files, links } = readArchive(text);
  const tree = new Map(files);
  for (const [link, target] of links) {
    for (const [path, content] of files) {
      if (path.startsWith(`${target}/`)) tree.set(`${link}${path.slice(target.length)}`, content);
    }
  }
  return tree;
};
