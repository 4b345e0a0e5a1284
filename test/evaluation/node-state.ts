import { absent, type Facts, known } from '../../src/api.ts';
import type { FactMap } from '../../src/engine/snapshot.ts';
import { rateGbps } from '../../src/parse/infiniband/port.ts';
import { readNvLinks } from '../../src/parse/nvidia-smi/nvlink.ts';
import { stall } from '../../src/parse/pressure.ts';
import { type NodeFiles, NVLINK_STATUS } from './simulator/node-files.ts';

/** A fact that is known. */
type Known<N extends 'nics' | 'nvlinks'> = NonNullable<FactMap[N]>;

const PORT = /^\/sys\/class\/infiniband\/([^/]+)\/ports\/1\/rate$/;

/** The part of the agent's facts that a node's files tell, read by the agent's own parsers. */
export const createNodeState = (node: string) => {
  let nvlinkText: string | undefined;
  let nvlinkFact: Known<'nvlinks'> | undefined;
  // The text is long and hardly ever changes.
  const nvlinksOf = (text: string): Known<'nvlinks'> => {
    if (nvlinkFact === undefined || text !== nvlinkText) nvlinkFact = nvlinksIn(node, text);
    nvlinkText = text;
    return nvlinkFact;
  };
  let linkTexts = '';
  let nics: Facts['nics'] = [];
  const nicsOf = (files: NodeFiles): Facts['nics'] => {
    let texts = '';
    for (const [path, text] of files) if (path.endsWith('/rate')) texts += text;
    if (texts !== linkTexts) nics = nicsIn(node, files);
    linkTexts = texts;
    return nics;
  };
  return (files: NodeFiles): FactMap =>
    factsOf(node, files, {
      nvlinks: nvlinksOf(files.get(NVLINK_STATUS) ?? ''),
      nics: known(nicsOf(files)) as Known<'nics'>,
    });
};

const nicsIn = (node: string, files: NodeFiles): Facts['nics'] =>
  [...files].flatMap(([path, text]) => {
    const device = PORT.exec(path)?.[1];
    return device === undefined
      ? []
      : [
          {
            ref: { kind: 'nic', key: `${node}/${device}`, device },
            role: 'compute',
            linkLayer: known('infiniband'),
            state: known('ACTIVE'),
            rateGbps: rateGbps(text.trim()),
          } as unknown as Facts['nics'][number],
        ];
  });

const nvlinksIn = (node: string, stdout: string): Known<'nvlinks'> => {
  const read = readNvLinks({ exitCode: 0, stdout, stderr: '' }, absent('not-recorded', 'errors are not simulated'));
  const prefixed = read.ok
    ? read.value.map((gpu) => ({ ...gpu, ref: { ...gpu.ref, key: `${node}/${gpu.ref.key}` } }))
    : [];
  return known(prefixed as unknown as Facts['nvlinks']) as unknown as Known<'nvlinks'>;
};

const factsOf = (
  node: string,
  files: NodeFiles,
  links: { readonly nics: Known<'nics'>; readonly nvlinks: Known<'nvlinks'> },
): FactMap => {
  const pressure = (name: string) => {
    const read = stall(files.get(`/proc/pressure/${name}`) ?? '');
    return read.ok ? read.value : { avg60: read, avg300: read };
  };
  const facts = {
    ...links,
    hostPressure: known({
      ref: { kind: 'node', key: node },
      cpu: pressure('cpu'),
      memory: pressure('memory'),
      io: pressure('io'),
    } as const),
  };
  return facts as unknown as FactMap;
};
