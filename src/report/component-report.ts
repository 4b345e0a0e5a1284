import type { Component } from '../api.ts';
import type { ComponentReport } from './verdict-report.ts';

/** The component as the JSON spells it; what is not known is left out. */
export const componentReport = (component: Component): ComponentReport => {
  const { kind, index, uuid, pciBusId, serial, slot, device, port, guid } = component;
  return {
    kind,
    ...(index === undefined ? {} : { index }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(pciBusId === undefined ? {} : { pci_bus_id: pciBusId }),
    ...(serial === undefined ? {} : { serial }),
    ...(slot === undefined ? {} : { slot }),
    ...(device === undefined ? {} : { device }),
    ...(port === undefined ? {} : { port }),
    ...(guid === undefined ? {} : { guid }),
  };
};
