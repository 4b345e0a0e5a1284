import type { Suppression } from '../engine/suppressions.ts';

/** `thermal/* of gpu2` */
export const suppressionName = ({ check, component, componentName }: Suppression): string =>
  component === undefined ? check : `${check} of ${componentName ?? component}`;
