import type { StatedSuppression, Suppression } from '../engine/suppressions.ts';

/** `thermal/* of gpu2` */
export const suppressionName = (one: Suppression | StatedSuppression): string => {
  const part = ('componentName' in one ? one.componentName : undefined) ?? one.component;
  return part === undefined ? one.check : `${one.check} of ${part}`;
};
