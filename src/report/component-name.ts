import type { ComponentReport } from './verdict-report.ts';

/** The one short spelling of a component for people: `GPU 3`, `NIC mlx5_2/1`, `node`, `nvme3`. */
export const nameOf = (component: ComponentReport): string => {
  switch (component.kind) {
    case 'gpu':
      return `GPU ${component.index ?? component.pci_bus_id ?? component.uuid ?? 'unidentified'}`;
    case 'nic':
      return `NIC ${component.device ?? component.pci_bus_id ?? 'unidentified'}${component.port === undefined ? '' : `/${component.port}`}`;
    case 'nvswitch':
      return `NVSwitch ${component.pci_bus_id ?? component.index ?? 'unidentified'}`;
    default:
      return component.device ?? 'node';
  }
};

/** What helps to find the part beyond its name: addresses first, then what is printed on it. */
export const whereabouts = (component: ComponentReport): readonly string[] => {
  const name = nameOf(component);
  const { pci_bus_id, uuid, guid, slot, serial } = component;
  return [
    ...(pci_bus_id === undefined || name.includes(pci_bus_id) ? [] : [pci_bus_id]),
    ...(uuid === undefined || name.includes(uuid) ? [] : [uuid]),
    ...(guid === undefined ? [] : [`guid ${guid}`]),
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(serial === undefined ? [] : [`serial ${serial}`]),
  ];
};

const ranges = (numbers: readonly number[]): string => {
  const parts: string[] = [];
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  let from = sorted[0];
  sorted.forEach((number, at) => {
    if (sorted[at + 1] === number + 1) return;
    parts.push(from === number ? String(number) : `${from}-${number}`);
    from = sorted[at + 1];
  });
  return parts.join(', ');
};

/** Several components in few words: `GPUs 0-5, 7; NIC mlx5_2/1`. */
export const namesOf = (components: readonly ComponentReport[]): string => {
  const numbered = components.flatMap(({ kind, index }) => (kind === 'gpu' && index !== undefined ? [index] : []));
  const others = components.filter(({ kind, index }) => kind !== 'gpu' || index === undefined).map(nameOf);
  const gpus = numbered.length === 0 ? [] : [`${new Set(numbered).size === 1 ? 'GPU' : 'GPUs'} ${ranges(numbered)}`];
  return [...gpus, ...new Set(others)].join('; ');
};
