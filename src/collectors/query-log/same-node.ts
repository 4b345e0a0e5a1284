const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/** `node-01` of `node-01.cluster.local`. */
const firstLabel = (name: string): string => (IPV4.test(name) ? name : (name.split('.', 1)[0] ?? name));

const byFirstLabel = (names: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const group = groups.get(firstLabel(name));
    if (group === undefined) groups.set(firstLabel(name), [name]);
    else group.push(name);
  }
  return groups;
};

/**
 * Which node each name means. A scheduler and a logger may name one node with and without its domain; where two nodes, or
 * two names, have the first label in common, only the whole name counts. Names that mean no node are not there.
 */
export const nodesOfNames = (names: readonly string[], nodes: readonly string[]): ReadonlyMap<string, string> => {
  const known = new Set(nodes);
  const ofLabel = byFirstLabel(nodes);
  const namesOfLabel = byFirstLabel(names);
  return new Map(
    names.flatMap((name): (readonly [string, string])[] => {
      if (known.has(name)) return [[name, name]];
      const label = firstLabel(name);
      const [node, ...others] = ofLabel.get(label) ?? [];
      const isOnly = others.length === 0 && namesOfLabel.get(label)?.length === 1;
      // Two domains are two nodes.
      return node !== undefined && isOnly && (node === label || name === label) ? [[name, node]] : [];
    }),
  );
};
