import type { RawMachine } from './raw-machine.ts';
import { leafElements, withElements } from './xml-elements.ts';

export const SMI_XML = 'commands/nvidia-smi_-q_-x.out';
export const SMI_EXIT = 'commands/nvidia-smi_-q_-x.exit';

type Leaves = Readonly<Record<string, string | undefined>>;

const replaced = (xml: string, path: string, gpu: number | undefined, text: string | undefined): string => {
  const found = leafElements(xml).filter((one) => one.path === path && (gpu === undefined || one.gpu === gpu));
  // A change of what is not there is a mistake of the test.
  if (found.length === 0) throw new Error(`${path}: nvidia-smi prints no such element`);
  return withElements(xml, found, text);
};

/**
 * What nvidia-smi prints of the n-th GPU (of all without one), leaf by leaf: `ecc_errors/volatile/dram_uncorrectable`;
 * undefined removes the element. From the second sample on where `from` is 1.
 */
export const printing = (machine: RawMachine, leaves: Leaves, o: { gpu?: number; from?: number } = {}): RawMachine =>
  machine.with(
    {
      [SMI_XML]: (xml) =>
        Object.entries(leaves).reduce((text, [path, value]) => replaced(text, path, o.gpu, value), xml),
    },
    { from: o.from ?? 0 },
  );

/** An element that this driver does not print, put beside one that it does. */
export const alsoPrinting = (machine: RawMachine, after: string, element: string, gpu?: number): RawMachine =>
  machine.with({
    [SMI_XML]: (xml) => {
      const places = leafElements(xml).filter((one) => one.path === after && (gpu === undefined || one.gpu === gpu));
      if (places.length === 0) throw new Error(`${after}: nvidia-smi prints no such element`);
      return [...places].reverse().reduce((text, { end }) => text.slice(0, end) + element + text.slice(end), xml);
    },
  });

/** A call of nvidia-smi that ends otherwise: `-q -x`, `nvlink -s`. */
export const answering = (
  machine: RawMachine,
  call: string,
  o: { readonly stdout?: string; readonly stderr?: string; readonly exit?: number },
  when: { readonly from?: number } = {},
): RawMachine => {
  const key = `commands/nvidia-smi_${call.replaceAll(' ', '_')}`;
  return machine.with(
    { [`${key}.out`]: o.stdout ?? '', [`${key}.err`]: o.stderr ?? '', [`${key}.exit`]: `${o.exit ?? 0}\n` },
    when,
  );
};

/** A call that never came back, or whose tool is not there: `hung: …`, `no-tool: …`. */
export const failingCall = (machine: RawMachine, call: string, absence: string): RawMachine =>
  machine.failing({ [`commands/nvidia-smi_${call.replaceAll(' ', '_')}`]: absence });
