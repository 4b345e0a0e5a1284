import type { Component } from '../../api.ts';
import { absenceOf } from '../absence.ts';
import { normalizePciBusId } from '../pci-address.ts';
import { integer } from '../quantity.ts';

/** The fields of a line that say which GPU it is about; what was not asked for is not there. */
export interface IdentityTexts {
  readonly index?: string;
  readonly uuid?: string;
  readonly pciBusId?: string;
  readonly model?: string;
  readonly mig?: string;
}

/** Far more than a node holds (a 16-GPU board in MIG mode lists 16): an index beyond is no index. */
const MOST_GPUS = 1024;
/** Captures that were made anonymous have one UUID for every GPU. */
const MASKED = /^GPU-0{8}-0{4}-0{4}-0{4}-0{12}$/;
/** One prefix only: two lines that ran into each other have two. */
const UUID = /^(?:GPU|MIG)-(?!.*(?:GPU|MIG)-)[0-9A-Za-z-]{1,60}$/;

const said = (text: string | undefined): string | undefined =>
  text === undefined || absenceOf(text) !== undefined ? undefined : text;

const indexOf = (text: string): number | undefined => {
  const read = integer(text);
  return read.ok && read.value >= 0 && read.value < MOST_GPUS ? read.value : undefined;
};

/** The GPU, or why the fields name none. `known` are those of earlier lines: a lost GPU prints its index alone. */
export const gpuOfTexts = (texts: IdentityTexts, known: readonly Component[]): Component | string => {
  const indexText = said(texts.index);
  const index = indexText === undefined ? undefined : indexOf(indexText);
  if (indexText !== undefined && index === undefined) return `index "${indexText}" is none of a GPU`;
  const uuid = said(texts.uuid);
  if (uuid !== undefined && !UUID.test(uuid)) return `"${uuid}" is no UUID of a GPU`;
  const busText = said(texts.pciBusId);
  const pciBusId = busText === undefined ? undefined : normalizePciBusId(busText);
  if (busText !== undefined && pciBusId === undefined) return `"${busText}" is no PCI bus id`;
  if (uuid === undefined) {
    const earlier = known.find(
      (gpu) => (pciBusId !== undefined && gpu.pciBusId === pciBusId) || (index !== undefined && gpu.index === index),
    );
    if (earlier !== undefined) return earlier;
  }
  const identity =
    uuid !== undefined && !MASKED.test(uuid) ? uuid : (pciBusId ?? (index === undefined ? undefined : `#${index}`));
  if (identity === undefined) return 'neither index nor uuid nor pci.bus_id says which GPU it is';
  const product = said(texts.model);
  // A GPU in MIG mode is compared with its like only.
  const model = product !== undefined && texts.mig === 'Enabled' ? `${product} in MIG mode` : product;
  return {
    kind: 'gpu',
    key: `gpu:${identity}`,
    ...(index === undefined ? {} : { index }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(pciBusId === undefined ? {} : { pciBusId }),
    ...(model === undefined ? {} : { model }),
  };
};
