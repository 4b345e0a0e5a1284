/** `block`: text on a line of its own, as nvidia-smi prints `None` for MIG devices. */
export type Body = string | number | readonly Element[] | { readonly block: string };
export type Element = readonly [name: string, body: Body];

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Elements indented by tabs, as nvidia-smi prints them. */
export const renderXml = (elements: readonly Element[], depth: number): string => {
  const tab = '\t'.repeat(depth);
  return elements
    .map(([name, body]) => {
      if (typeof body === 'string' || typeof body === 'number')
        return `${tab}<${name}>${escaped(`${body}`)}</${name}>\n`;
      const inner = 'block' in body ? `${tab}\t${body.block}\n` : renderXml(body, depth + 1);
      return `${tab}<${name}>\n${inner}${tab}</${name}>\n`;
    })
    .join('');
};

/** The tree with the bodies at these paths (`temperature/gpu_temp`) replaced; a subtree becomes text too. */
export const withText = (
  elements: readonly Element[],
  paths: ReadonlySet<string>,
  text: string,
  parent = '',
): readonly Element[] =>
  elements.map(([name, body]): Element => {
    const path = parent + name;
    if (paths.has(path)) return [name, text];
    return Array.isArray(body) ? [name, withText(body as readonly Element[], paths, text, `${path}/`)] : [name, body];
  });
