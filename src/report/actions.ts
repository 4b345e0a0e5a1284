import type { Action } from '../api.ts';

const THEN: Readonly<Record<Action['then'], string | undefined>> = {
  none: undefined,
  watch: 'watch it',
  restart_app: 'restart the application',
  reset_gpu: 'reset the GPU',
  reboot: 'reboot the node',
  service: 'have the part serviced',
};

/** What to do, as a person would say it. */
export const actionWords = ({ drain, then }: Action): string => {
  if (!drain) return THEN[then] ?? 'nothing';
  if (then === 'reboot') return 'drain the node, then reboot it';
  const next = THEN[then];
  return next === undefined ? 'drain the node' : `drain the node, then ${next}`;
};
